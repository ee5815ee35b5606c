package chameleon

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/schema"
)

// PushResult lists what a push did.
type PushResult struct {
	// Changes are the additions in the order in which they were made, empty
	// when the database was up to date.
	Changes []Change
}

// Change is one addition to the database.
type Change struct {
	// Kind says what was added.
	Kind ChangeKind
	// Table is the table that was created or added to.
	Table string
	// Columns are the columns that were added, for AddedColumns.
	Columns []string
	// Index is the index that was added, for AddedIndex.
	Index string
	// Statement is the SQL that was run.
	Statement string
}

// ChangeKind is a kind of [Change].
type ChangeKind string

// The changes that a push makes. It makes no other: nothing is ever dropped,
// renamed, narrowed or rewritten.
const (
	AddedTable   = ChangeKind(schema.AddTable)
	AddedColumns = ChangeKind(schema.AddColumns)
	AddedIndex   = ChangeKind(schema.AddIndex)
)

// PushError says which table, column or index could not be added, and why.
// errors.As reaches the engine's error through it.
type PushError = schema.PushError

// Push brings the database's tables to what this version of the module needs,
// by additions alone: tables, columns and indexes that are missing are
// created. What exists is matched by name and left as it is, whatever made it;
// tables of others are not looked at. Running it again changes nothing, so a
// program can push whenever it starts: on a database that is up to date Push
// only reads, takes no lock and needs no right to create.
//
// Processes that push at once wait for one another, as long as ctx allows (on
// SQLite at most as long as the handle's lock timeout). On PostgreSQL, where it
// works in the first schema of the search_path that exists, and on SQLite the
// whole push is one transaction. MySQL and MariaDB commit each statement by
// itself; a push that fails or dies there leaves what it had made, which is
// returned with the error, and the next push goes on. The handle's statement
// timeout does not apply; its lock timeout applies to waiting for tables.
//
// An index is built by a plain CREATE INDEX, and a table that is added to stays
// locked to the push's end on PostgreSQL. On large tables that exist already,
// create the indexes of a new version beforehand with CREATE INDEX
// CONCURRENTLY, under the same names, and Push will find them.
//
// It returns a *[PushError] for what cannot be added: a unique index whose
// rows hold duplicates, a NOT NULL column without a default on a table with
// rows; and else a *dialect.Error, among them dialect.ErrPermission and
// dialect.ErrUnavailable.
func Push(ctx context.Context, db *bun.DB) (*PushResult, error) {
	made, err := schema.Push(ctx, db, models())
	result := &PushResult{Changes: make([]Change, len(made))}
	for i, c := range made {
		result.Changes[i] = Change{
			Kind: ChangeKind(c.Kind), Table: c.Table, Columns: c.Columns, Index: c.Index, Statement: c.Statement,
		}
	}
	return result, err
}
