package schema

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// engine is what differs between engines: the SQL of a table, and how concurrent pushes are
// serialized. The rest of the package is the same for all.
type engine interface { //nolint:interfacebloat // whatever differs, in one place
	// column returns a column's definition in a new table, or if in is not nil, in an
	// existing table or one that is to match it.
	column(c modelColumn, in *liveTable) string
	// inlineKey means that the column's definition declares the primary key.
	inlineKey(c modelColumn) bool
	// tableOptions returns what follows the parentheses of CREATE TABLE.
	tableOptions(t modelTable) string
	// inlineIndexes means that CREATE TABLE includes the table's indexes.
	inlineIndexes() bool
	// createIndex returns the statement that adds an index to an existing table, and the
	// one that removes it.
	createIndex(table string, idx dialect.Index) (statement, reverse string)
	// addIndex plans an index of an existing table. large means that the table has many
	// rows, and apart that a statement can run outside the push's transaction.
	addIndex(t *liveTable, idx missingIndex, large, apart bool) Change
	// addColumns plans columns that a table lacks. empty means that the table
	// has no rows.
	addColumns(t *liveTable, cols []modelColumn, empty bool) []Change
	// otherwise returns the next best form of a statement that the server refused with err
	// because of how it should run, such as without a lock; "" for none.
	otherwise(statement string, err error) string
	// inspect reads which of the wanted tables exist, and what they contain.
	inspect(ctx context.Context, q bun.IConn, want []modelTable) (live, error)
	// others lists tables, and anything else with a name, that are not wanted.
	others(ctx context.Context, q bun.IConn, want []modelTable) ([]LeftAlone, error)
	// estimate returns roughly how many rows a large table has.
	estimate(ctx context.Context, q bun.IConn, table string) (int64, error)
	// rights returns the rights that are needed, and whether the session has them.
	rights(ctx context.Context, q bun.IConn, needs []need) ([]Right, error)
	// ownsWhatItMakes means that the creator of a table has all rights to it.
	ownsWhatItMakes() bool
	// dependents lists foreign objects that depend on what an undo would drop.
	dependents(ctx context.Context, q bun.IConn, d dropped) ([]Dependent, error)
	// lockTables returns the statements that lock tables, and those that unlock them if the
	// end of the transaction does not.
	lockTables(tables []string) (lock, unlock string)
	// sameName reports whether two names of columns, or of a table's indexes, are equal.
	sameName(a, b string) bool
	// fits reports whether a column of a live type, as inspect reports it, can
	// be the model's.
	fits(c modelColumn, live string) bool
	// dropIndex returns the statement that drops an index.
	dropIndex(table string, idx *liveIndex) string
	// takenBy is the query that lists which of some index names are taken, and by what;
	// empty if indexes of two tables can have the same name.
	takenBy() string
	// quote returns a quoted name.
	quote(name string) string
	// mark returns the placeholder of the argument with index i.
	mark(i int) string
	// locked runs fn while no other push or undo runs on the same database and
	// schema. It retries all of fn on transient errors, and waits for the lock until ctx
	// ends. done is called while it waits: true ends the wait.
	locked(ctx context.Context, db bun.IDB, w waits, done doneFunc, fn siteFunc) error
	// rollsBack means that a failed push leaves nothing behind, except for the indexes that
	// it builds online.
	rollsBack() bool
	// frame returns what goes before and after the statements of a script that run as one,
	// and before all others.
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
