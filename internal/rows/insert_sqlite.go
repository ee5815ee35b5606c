package rows

import (
	"context"
	"reflect"
	"strings"
	"sync"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// inserts are the texts that were made, of a few models.
var inserts sync.Map //nolint:gochecknoglobals // what models are does not change

// InsertSQLite inserts model, a pointer to a struct whose id the database fills in,
// by a statement that is always the same, and returns the id. on is db's connection or
// transaction.
func InsertSQLite(ctx context.Context, db bun.IDB, on Conn, model any) (id int64, err error) {
	value := reflect.ValueOf(model).Elem()
	table := db.Dialect().Tables().Get(value.Type())
	args := make([]any, len(table.DataFields))
	for i, field := range table.DataFields {
		if !field.NullZero || !field.HasZeroValue(value) {
			args[i] = plain(db, field.Value(value))
		}
	}
	_, err = One(ctx, db, on, insertText(table), args, []any{&id})
	return id, err
}

func insertText(table *schema.Table) string {
	if known, ok := inserts.Load(table.Type); ok {
		return known.(string) //nolint:forcetypeassert // nothing else is stored
	}
	names := make([]string, len(table.DataFields))
	for i, field := range table.DataFields {
		names[i] = string(field.SQLName)
	}
	text := "INSERT INTO " + string(table.SQLName) + " (" + strings.Join(names, ", ") + ") VALUES (" +
		strings.Repeat("?, ", len(names)-1) + "?) RETURNING id"
	inserts.Store(table.Type, text)
	return text
}
