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
	// one that exists, or is to be like one that does.
	column(c modelColumn, in *liveTable) string
	// inlineKey means that a column's definition says that it is the primary key.
	inlineKey(c modelColumn) bool
	// tableOptions is what follows the parentheses of CREATE TABLE.
	tableOptions(t modelTable) string
	// inlineIndexes means that CREATE TABLE holds the table's indexes.
	inlineIndexes() bool
	// createIndex spells the statement that adds an index to a table that exists,
	// and the one that takes it back.
	createIndex(table string, idx dialect.Index) (statement, reverse string)
	// addIndex plans an index of a table that exists. large means that the table
	// has many rows, and apart that a statement can run outside the push's
	// transaction.
	addIndex(t *liveTable, idx missingIndex, large, apart bool) Change
	// addColumns plans columns that a table lacks. empty means that the table
	// has no rows.
	addColumns(t *liveTable, cols []modelColumn, empty bool) []Change
	// otherwise spells a statement that the server refused with err for how it was
	// to be made, such as without a lock, in the next best way; "" for none.
	otherwise(statement string, err error) string
	// inspect reads what the database holds of the wanted tables.
	inspect(ctx context.Context, q bun.IConn, want []modelTable) (live, error)
	// others lists the tables, and whatever else bears a name, of which no table
	// is wanted.
	others(ctx context.Context, q bun.IConn, want []modelTable) ([]LeftAlone, error)
	// estimate is how many rows a large table has, roughly.
	estimate(ctx context.Context, q bun.IConn, table string) (int64, error)
	// rights says which rights are needed, and whether the session has them.
	rights(ctx context.Context, q bun.IConn, needs []need) ([]Right, error)
	// ownsWhatItMakes means that whoever creates a table may do anything with it.
	ownsWhatItMakes() bool
	// dependents lists what of others' hangs on what an undo would drop.
	dependents(ctx context.Context, q bun.IConn, d dropped) ([]Dependent, error)
	// lockTables spells what keeps others from tables, and what lets them in again
	// where the end of the transaction does not.
	lockTables(tables []string) (lock, unlock string)
	// sameName reports whether two names of columns, or of a table's
	// indexes, are one name.
	sameName(a, b string) bool
	// fits reports whether a column of a live type, as inspect reports it, can
	// be the model's.
	fits(c modelColumn, live string) bool
	// dropIndex spells the statement that takes an index away.
	dropIndex(table string, idx *liveIndex) string
	// takenBy is the query that lists which of some names of indexes are taken, and by
	// what; empty where indexes of two tables can have one name.
	takenBy() string
	// quote spells a name.
	quote(name string) string
	// mark spells the placeholder of the argument with index i.
	mark(i int) string
	// locked runs fn while no other push or undo runs on the same database and
	// schema. It retries the whole of fn on transient errors, and waits for the
	// lock as long as ctx does. done is asked while it waits: true ends the wait.
	locked(ctx context.Context, db bun.IDB, w waits, done doneFunc, fn siteFunc) error
	// rollsBack means that a push that fails leaves nothing behind, but for the
	// indexes that it builds online.
	rollsBack() bool
	// frame spells what goes before and after the statements of a script that are
	// made as one, and before all others.
	frame() (begin, commit, session string)
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
