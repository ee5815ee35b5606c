// Package pgxtx runs the verbs of this module in a pgx.Tx that the caller opened, such
// as the one that a job is enqueued in with River's riverpgxv5 driver. It links pgx.
//
//	bridge := pgxtx.New() // once
//
//	tx, err := pool.Begin(ctx)
//	// … your own statements, a job for River …
//	err = bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
//		_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: 5, Key: job})
//		return err
//	})
//	// … more of your own statements …
//	err = tx.Commit(ctx)
//
// The transaction remains the caller's: the bridge neither commits it nor rolls it back.
// A refusal (insufficient credits, a reused key) has written nothing and leaves the
// transaction usable, and a rollback undoes everything that the verbs did. A charge that
// fits takes one round trip, as on a handle from chameleon.Open. Otherwise verbs behave
// as in any bun.Tx.
package pgxtx

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/bridge"
	"github.com/chameleon-go/chameleon/internal/sessions"
)

// Bridge runs verbs in transactions of pgx. Make one and keep it: it caches what bun learns
// about the models. It is safe for concurrent use.
type Bridge struct {
	dialect *pgdialect.Dialect
	events  bool
	cache   dialect.Cache
}

// New returns a bridge.
func New() *Bridge { return &Bridge{dialect: pgdialect.New()} }

// WithEvents makes verbs write events to the outbox of package events. It returns b, and
// must be called before b is used.
func (b *Bridge) WithEvents() *Bridge {
	b.events = true
	return b
}

// WithCache makes verbs invalidate what they change in the cache that the program's handle
// was opened with; see package cache. It returns b, and must be called before b is used.
func (b *Bridge) WithCache(c dialect.Cache) *Bridge {
	b.cache = c
	return b
}

// In calls fn with a bun.Tx that runs on tx. The bun.Tx is valid until fn returns. Like tx
// itself, it must not be used by several goroutines at once. tx may be a nested transaction
// of pgx, which is a savepoint.
//
// Errors: those of fn, unchanged, and *dialect.InvalidError for a session whose settings
// would change the meaning of values: standard_conforming_strings off, a client_encoding
// other than UTF8, or a DateStyle other than ISO. In that case nothing was sent.
func (b *Bridge) In(ctx context.Context, tx pgx.Tx, fn func(ctx context.Context, tx bun.Tx) error) error {
	server := tx.Conn().PgConn()
	// A server that does not report a setting does not have it: CockroachDB, some poolers.
	session := sessions.Postgres{
		Strings:  server.ParameterStatus("standard_conforming_strings"),
		Encoding: server.ParameterStatus("client_encoding"),
		Dates:    server.ParameterStatus("DateStyle"),
	}
	if faults := session.Faults(); len(faults) > 0 {
		return &dialect.InvalidError{Field: faults[0].Setting, Problem: faults[0].Problem}
	}
	known := capabilities(tx.Conn())
	known.Events, known.Cache = b.events, b.cache
	return bridge.Carry(ctx, conn{tx}, tx, b.dialect, known, fn)
}

// capabilities are those of a connection that its owner configured: statements
// are prepared where it prepares its own.
func capabilities(c *pgx.Conn) dialect.Capabilities {
	known := dialect.Capabilities{Engine: dialect.PostgreSQL, Version: c.PgConn().ParameterStatus("server_version")}
	if c.PgConn().ParameterStatus("crdb_version") != "" {
		known.Version = c.PgConn().ParameterStatus("crdb_version") // "CockroachDB CCL v24…"
	}
	switch c.Config().DefaultQueryExecMode {
	case pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe:
	default:
		known.Pooled = true
	}
	return known
}
