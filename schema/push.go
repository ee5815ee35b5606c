package schema

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

const (
	// DefaultLargeTable is the number of rows from which a table is large.
	DefaultLargeTable = 10_000
	// DefaultLockWait is how long a statement waits for a table.
	DefaultLockWait = time.Second
	// DefaultPatience is how long a push keeps trying to lock a table.
	DefaultPatience = time.Minute
)

// Options configure the layout of a schema and how cautious a push is. The zero
// value is what [Push] and [Plan] use.
type Options struct {
	// Sharded lays the tables whose models have a shard key ([dialect.Sharded])
	// out so that their rows can be spread over servers by it: the key becomes
	// part of the primary key and of every unique index, which then apply per shard
	// key. Other tables are unchanged. See [Router.Sharding] for what a router also
	// needs, and docs/sharding.md.
	//
	// It is for databases where these tables do not exist yet: an existing table
	// whose keys lack the shard key is a *[PushError]. On SQLite, which has no
	// shards, it is a *dialect.InvalidError. Later pushes, plans and reports follow
	// the layout that the tables have, with or without it.
	Sharded bool
	// NoIndexes omits all indexes except primary keys, so that an empty table is filled
	// faster; a later push builds them.
	NoIndexes bool
	// LargeTable is the number of rows from which PostgreSQL builds new indexes
	// concurrently; 0 means DefaultLargeTable, and 1 any table with rows. Other
	// engines ignore it.
	LargeTable int64
	// LockWait is how long a statement waits for a table in use before it backs
	// off to let others pass; 0 means DefaultLockWait. MySQL and MariaDB count
	// whole seconds.
	LockWait time.Duration
	// Patience is how long the push keeps retrying; 0 means DefaultPatience.
	Patience time.Duration

	// cuts is for tests: a push ends with the error that it returns before or after the
	// statement of a change.
	cuts func(change int, after bool) error
}

func (o Options) large() int64 {
	if o.LargeTable <= 0 {
		return DefaultLargeTable
	}
	return o.LargeTable
}

func (o Options) waits() waits {
	w := waits{lock: o.LockWait, patience: o.Patience}
	if w.lock <= 0 {
		w.lock = DefaultLockWait
	}
	if w.patience <= 0 {
		w.patience = DefaultPatience
	}
	return w
}

func (o Options) cut(change int, after bool) error {
	if o.cuts == nil {
		return nil
	}
	return o.cuts(change, after)
}

// Result lists the additions that a push made.
type Result struct {
	// Push is the number under which the changes are recorded, 0 for none.
	Push int64 `json:"push,omitempty"`
	// Resumed means that this push continued an unfinished earlier one; they are
	// one push from now on.
	Resumed bool `json:"resumed,omitempty"`
	// Changes are the additions in the order in which they are made, empty
	// when the database is up to date.
	Changes []Change `json:"changes,omitempty"`
}

// Push brings the tables of models to what this version of the module needs, by
// additions only: missing tables, columns and indexes are created. What exists
// is matched by name and left as it is; tables that no model names are ignored.
// Running it again changes nothing, so a program can push at every start: on a
// database that is up to date, Push only reads, takes no lock and needs no
// right to create.
//
// A push is recorded in the table [RecordTable] with the statements that reverse it
// ([Undo]), and [Status] lists it. Before anything is written, it is checked for what would
// make it fail: foreign tables, missing rights, rows that share a value of a unique index.
//
// Concurrent pushes wait for one another until ctx ends (on SQLite at most for the handle's
// lock timeout). On SQLite, and on PostgreSQL, where it works in the first existing schema
// of the search_path, the whole push is one transaction. The exception is the indexes of
// large tables on PostgreSQL, which are then built concurrently on a second connection of
// the pool; if the pool has only one, they are built in the transaction, and writes wait.
// MySQL and MariaDB commit each statement. A push that fails or dies there leaves what it
// has made, which is returned with the error, and the next push continues.
//
// A statement that does not get its table within [Options].LockWait backs off, so that
// nobody queues behind it, and is retried until [Options].Patience ends. The handle's
// statement and lock timeouts do not apply, except behind a transaction pooler and on
// foreign handles, where the session is not the push's own.
//
// With a bun.Tx on PostgreSQL and SQLite, the push is part of that transaction. MySQL and
// MariaDB would commit it, so there the error is an *dialect.InvalidError.
//
// Errors: a *[ForeignTablesError] if foreign tables have the names of wanted ones, or of
// RecordTable; a *[RightsError] for missing rights; a *[DuplicatesError] for rows that
// share a value; an *[AutoTimesError] for times that the server sets by itself; a *[PushError] for what cannot be added, such as an index whose name is
// taken, or a NOT NULL column without a default on a table with rows; an
// *dialect.InvalidError for a model that cannot be pushed; otherwise a *dialect.Error, such
// as dialect.ErrPermission or dialect.ErrUnavailable.
func Push(ctx context.Context, db bun.IDB, models ...any) (*Result, error) {
	return Options{}.Push(ctx, db, models...)
}

// Push is [Push] with options.
//
// The push first checks without a lock, and ends there if the database is up to
// date. Otherwise it takes its lock, checks again, plans everything and only
// then begins to make changes.
//
// Errors: those of [Push].
func (o Options) Push(ctx context.Context, db bun.IDB, models ...any) (*Result, error) {
	p, err := o.pusher(db, models)
	if err != nil {
		return &Result{}, err
	}
	look := func(ctx context.Context) (bool, error) { return p.look(ctx, db) }
	if upToDate, err := look(ctx); err != nil || upToDate {
		return &Result{}, explain(p.name, err)
	}
	err = p.eng.locked(ctx, db, o.waits(), look, p.run)
	if err == nil {
		p.keep()
	}
	if len(p.result.Changes) == 0 {
		p.result = Result{}
	}
	return &p.result, explain(p.name, err)
}
