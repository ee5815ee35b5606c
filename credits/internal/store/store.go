// Package store has the statements on the ledger's tables that the code which
// posts operations and the audit both need, over any of the models.
package store

import (
	"reflect"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// MaxRows bounds the rows of one statement.
const MaxRows = 500

// Columns lists the columns of a model for a SELECT: the table may have others
// that are none of ours.
func Columns[T any](db bun.IDB, alias string) string { return rows.Columns[T](db, alias) }

// Insert inserts rows with every column but the id named. Left to itself,
// bun names the columns that the first row needs, and drops the others' values
// on engines without DEFAULT; and it asks for defaults to be returned, which
// not every engine does in order.
func Insert[T any](db bun.IDB, rows *[]*T) *bun.InsertQuery {
	q := db.NewInsert().Model(rows).Returning("NULL")
	for _, f := range db.Dialect().Tables().Get(reflect.TypeFor[T]()).Fields {
		if f.Name != "id" {
			q = q.Column(f.Name)
		}
	}
	return q
}

// Upsert is Insert that replaces columns of the rows that exist under a key.
func Upsert[T any](db bun.IDB, rows *[]*T, key string, columns []string) *bun.InsertQuery {
	q := Insert(db, rows)
	sets := make([]string, len(columns))
	if dialect.Of(db).IsMySQL() {
		for i, c := range columns {
			sets[i] = c + " = VALUES(" + c + ")"
		}
		return q.On("DUPLICATE KEY UPDATE " + strings.Join(sets, ", "))
	}
	for i, c := range columns {
		sets[i] = c + " = EXCLUDED." + c
	}
	return q.On("CONFLICT (" + key + ") DO UPDATE").Set(strings.Join(sets, ", "))
}

// InChunks calls write with at most MaxRows rows at a time.
func InChunks[T any](rows []T, write func([]T) error) error {
	for len(rows) > 0 {
		n := min(len(rows), MaxRows)
		if err := write(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
