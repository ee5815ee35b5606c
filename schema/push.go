package schema

import (
	"context"

	"github.com/uptrace/bun"
)

// Options say how a schema is laid out. The zero value is how [Push] and [Plan]
// lay it out.
type Options struct {
	// Sharded lays the tables whose models have a shard key ([dialect.Sharded])
	// out so that their rows can be spread over servers by it: the key becomes
	// part of the primary key and of every unique index, which then hold for
	// each shard key alone. Other tables are as ever. See [Router.Sharding] for
	// what a router needs besides, and docs/sharding.md.
	//
	// It is for databases where these tables do not exist yet: of one that has
	// keys without the shard key it is a *[PushError]. SQLite has no shards, and
	// it is an *dialect.InvalidError there.
	Sharded bool
}

// Result lists additions to a database.
type Result struct {
	// Changes are the additions in the order in which they are made, empty
	// when the database is up to date.
	Changes []Change `json:"changes,omitempty"`
}

// Push brings the tables of models to what this version of the module needs, by
// additions alone: tables, columns and indexes that are missing are created.
// What exists is matched by name and left as it is; tables that no model names
// are not looked at. Running it again changes nothing, so a program can push
// whenever it starts: on a database that is up to date Push only reads, takes
// no lock and needs no right to create.
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
// Errors: a *[ForeignTablesError] when tables of others have the names of
// wanted ones; a *[PushError] for what cannot be added: a unique index whose
// rows hold duplicates, an index whose name is taken by another, a NOT NULL
// column without a default on a table with rows; an *dialect.InvalidError for a model that cannot be pushed; and else a
// *dialect.Error, among them dialect.ErrPermission and dialect.ErrUnavailable.
func Push(ctx context.Context, db *bun.DB, models ...any) (*Result, error) {
	return Options{}.Push(ctx, db, models...)
}

// Plan returns the changes that [Push] would make now, and makes none: it only
// reads and takes no lock.
//
// Errors: those that Push would return before it writes anything.
func Plan(ctx context.Context, db *bun.DB, models ...any) (*Result, error) {
	return Options{}.Plan(ctx, db, models...)
}

// Push is [Push] with options.
//
// A first look without any lock finds most databases up to date and ends the
// push there. Otherwise the push takes its lock, looks again, plans everything
// and only then begins to change.
//
// Errors: those of [Push].
func (o Options) Push(ctx context.Context, db *bun.DB, models ...any) (*Result, error) {
	p, err := o.pusher(db, models)
	if err != nil {
		return &Result{}, err
	}
	upToDate, err := p.look(ctx, db)
	if err != nil || upToDate {
		return &Result{}, explain(p.name, err)
	}
	if err = p.eng.locked(ctx, db, p.run); err != nil && p.eng.rollsBack() {
		p.done = nil
	}
	return &Result{Changes: p.done}, explain(p.name, err)
}

// Plan is [Plan] with options.
//
// Errors: those of [Plan].
func (o Options) Plan(ctx context.Context, db *bun.DB, models ...any) (*Result, error) {
	p, err := o.pusher(db, models)
	if err != nil {
		return &Result{}, err
	}
	conn, err := db.DB.Conn(ctx)
	if err != nil {
		return &Result{}, explain(p.name, err)
	}
	defer func() { _ = conn.Close() }()
	result := &Result{}
	plans, err := p.plan(ctx, conn)
	for _, plan := range plans {
		result.Changes = append(result.Changes, plan.changes...)
	}
	return result, explain(p.name, err)
}
