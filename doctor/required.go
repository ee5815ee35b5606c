package doctor

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// column is one of a table, as the engine's catalog has it.
type column struct {
	Table  string `bun:"t"`
	Column string `bun:"c"`
}

// columns returns those that a query of the catalog finds in tables.
func (e *exam) columns(ctx context.Context, query string, tables []string) (found []column, err error) {
	err = e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(query, bun.List(tables)).Scan(ctx, &found)
	})
	return found, err
}

// required finds columns of other programs on our tables that no row can do without: the
// verbs give them no value, so whatever inserts into the table fails.
func (e *exam) required(ctx context.Context) error {
	names := e.wanted()
	if len(names) == 0 {
		return skipped("no models")
	}
	query := requiredSQLite
	switch {
	case e.caps.Engine == dialect.PostgreSQL:
		query = requiredPostgres
	case e.caps.IsMySQL():
		query = requiredMySQL
	}
	columns, err := e.columns(ctx, query, names)
	if err != nil {
		return err
	}
	for _, c := range columns {
		if e.field(c.Table, c.Column) == nil {
			e.findf("column_required", Error, "ALTER TABLE … ALTER COLUMN … SET DEFAULT …, or let the column be NULL",
				"%s.%s, which is not Chameleon's, is NOT NULL and has no default: no row can be inserted", c.Table, c.Column)
		}
	}
	return nil
}
