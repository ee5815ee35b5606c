package schema

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// engine is what differs between engines: how a table is spelled and how two
// pushes are kept apart. The rest of the package is the same for all.
type engine interface { //nolint:interfacebloat // whatever differs, in one place
	// column spells a column's definition, of a new table, or (in is not nil) of
	// one that exists.
	column(c modelColumn, in *liveTable) string
	// inlineKey means that a column's definition says that it is the primary key.
	inlineKey(c modelColumn) bool
	// tableOptions is what follows the parentheses of CREATE TABLE.
	tableOptions() string
	// inlineIndexes means that CREATE TABLE holds the table's indexes.
	inlineIndexes() bool
	// createIndex spells the statement that adds an index to a table that exists,
	// and the one that takes it back.
	createIndex(table string, idx dialect.Index) (statement, reverse string)
	// addColumns plans columns that a table lacks. empty means that the table
	// has no rows.
	addColumns(t *liveTable, cols []modelColumn, empty bool) []Change
	// inspect reads what the database holds of the wanted tables.
	inspect(ctx context.Context, q bun.IConn, want []modelTable) (live, error)
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
	locked(ctx context.Context, db *bun.DB, fn func(ctx context.Context, q bun.IConn) error) error
	// rollsBack means that a push that fails leaves nothing behind.
	rollsBack() bool
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
