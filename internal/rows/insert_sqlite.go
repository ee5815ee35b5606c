package rows

import (
	"context"
	"reflect"
	"strings"

	"github.com/uptrace/bun"
)

// InsertSQLite inserts model, a pointer to a struct whose id the database fills in,
// by a statement that is always the same, and returns the id.
func InsertSQLite(ctx context.Context, tx bun.Tx, model any) (id int64, err error) {
	value := reflect.ValueOf(model).Elem()
	table := tx.Dialect().Tables().Get(value.Type())
	args := make([]any, len(table.DataFields))
	var b strings.Builder
	b.WriteString("INSERT INTO " + string(table.SQLName) + " (")
	for i, field := range table.DataFields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(field.SQLName))
		if !field.NullZero || !field.HasZeroValue(value) {
			args[i] = field.Value(value).Interface()
		}
	}
	b.WriteString(") VALUES (" + strings.Repeat("?, ", len(args)-1) + "?) RETURNING id")
	err = Prepared(tx, b.String(), args...).Scan(ctx, &id)
	return id, err
}
