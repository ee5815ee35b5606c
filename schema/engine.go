package schema

import (
	"context"
	"database/sql"
	"fmt"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// engine is what differs between engines: how a table is spelled and how two
// pushes are kept apart. The rest of the package is the same for all.
type engine interface { //nolint:interfacebloat // whatever differs, in one place
	// open returns atlas's driver on q, which asks the server's version.
	open(q atlas.ExecQuerier) (migrate.Driver, error)
	// table adds what the engine wants said of a new table.
	table(t *atlas.Table)
	// column spells a column.
	column(c modelColumn) *atlas.Column
	// index adds what the engine wants said of an index.
	index(idx *atlas.Index, where string)
	// inlineIndexes means that CREATE TABLE holds the table's indexes.
	inlineIndexes() bool
	// inspect reads what the database holds of the wanted tables.
	inspect(ctx context.Context, q atlas.ExecQuerier, want []modelTable) (live, error)
	// sameName reports whether two names of columns, or of a table's
	// indexes, are one name.
	sameName(a, b string) bool
	// fits reports whether a column of a live type, as inspect reports it, can
	// be the model's.
	fits(c modelColumn, live string) bool
	// dropIndex spells the statement that takes an index away.
	dropIndex(table string, idx *liveIndex) string
	// quote spells a name.
	quote(name string) string
	// locked runs fn while no other push runs on the same database and schema,
	// on one connection. It retries the whole of fn on transient errors, and
	// waits for the lock as long as ctx does.
	locked(ctx context.Context, db *bun.DB, fn func(ctx context.Context, q atlas.ExecQuerier) error) error
	// rollsBack means that a push that fails leaves nothing behind.
	rollsBack() bool
	// addColumns plans columns that a table lacks. empty means that the table
	// has no rows.
	addColumns(ctx context.Context, drv migrate.Driver, t *atlas.Table, cols []*atlas.Column, empty bool) ([]Change, error)
}

func engineOf(e dialect.Engine) (engine, error) {
	switch e {
	case dialect.PostgreSQL:
		return postgresEngine{}, nil
	case dialect.MySQL, dialect.MariaDB:
		return mysqlEngine{}, nil
	case dialect.SQLite:
		return sqliteEngine{}, nil
	}
	return nil, fmt.Errorf("schema: no engine %q", e)
}

// bound makes atlas use the push's context where it has none of its own.
type bound struct {
	ctx context.Context //nolint:containedctx // atlas opens with context.Background
	q   atlas.ExecQuerier
}

func (b bound) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return b.q.QueryContext(b.ctx, query, args...)
}

func (b bound) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	return b.q.ExecContext(b.ctx, query, args...)
}

// desired spells a table for an engine, with its primary key and indexes. It
// names no schema: statements work in the connection's current one.
func desired(eng engine, table modelTable) *atlas.Table {
	t := atlas.NewTable(table.Name)
	eng.table(t)
	var key []*atlas.Column
	for _, c := range table.Columns {
		col := eng.column(c)
		t.AddColumns(col)
		if c.PK {
			key = append(key, col)
		}
	}
	if len(key) > 0 {
		t.SetPrimaryKey(atlas.NewPrimaryKey(key...))
	}
	for _, idx := range table.Indexes {
		t.AddIndexes(desiredIndex(eng, idx))
	}
	return t
}

func desiredIndex(eng engine, idx dialect.Index) *atlas.Index {
	index := atlas.NewIndex(idx.Name).SetUnique(idx.Unique)
	for i, name := range idx.Columns {
		// Nothing but the column's name matters, and a column object of its
		// own keeps atlas from taking the table's for one that is tied to an
		// index, which it would not simply add.
		index.Parts = append(index.Parts, &atlas.IndexPart{SeqNo: i, C: atlas.NewColumn(name)})
	}
	eng.index(index, idx.Where)
	return index
}
