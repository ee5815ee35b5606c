// Package sqltx runs the verbs of this module in a *sql.Tx that the caller opened, or
// that sqlx, sqlc, gorm or ent opened for it. It links no driver.
//
//	bridge := sqltx.New(pgdialect.New()) // once
//
//	tx, err := db.BeginTx(ctx, nil)
//	// … your own statements …
//	err = bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
//		_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: 5, Key: job})
//		return err
//	})
//	// … more of your own statements …
//	err = tx.Commit()
//
// The transaction remains the caller's: the bridge neither commits it nor rolls it back.
// A refusal (insufficient credits, a reused key) has written nothing and leaves the
// transaction usable on every engine, and a rollback undoes everything that the verbs
// did. Otherwise verbs behave as in any bun.Tx.
package sqltx

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/bridge"
	"github.com/chameleon-go/chameleon/internal/stated"
)

// Bridge runs verbs in transactions of one *sql.DB. Make one per *sql.DB and keep it: it
// caches what bun learns about the models. It is safe for concurrent use.
//
// Verbs refuse sessions whose settings would change the meaning of values, as on any handle
// that chameleon did not open (see docs/engines.md). On MySQL and MariaDB, each transaction
// is checked. On PostgreSQL, only the bridge's first is, so all connections need the same
// settings.
type Bridge struct {
	dialect schema.Dialect
	events  bool
	cache   dialect.Cache
	known   atomic.Pointer[dialect.Capabilities]
	init    sync.Mutex
}

// New returns a bridge for the engine of d: pgdialect.New(), mysqldialect.New() for MySQL
// and MariaDB, sqlitedialect.New(), or a dialect of this module
// (dialect/postgres.NewDialect), which states more about the server.
//
// d may come from dialect.Describe, which states the driver of the handle. A charge that
// fits is then one statement in the transaction instead of five to nine; on MySQL and
// MariaDB, the session's time zone is checked first.
//
// The driver has to return times as time.Time: parseTime=true with go-sql-driver.
func New(d schema.Dialect) *Bridge { return &Bridge{dialect: d} }

// WithEvents makes verbs write events to the outbox of package events, as
// chameleon.WithEvents does for a handle. It returns b, and must be called before b is
// used.
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
// itself, it must not be used by several goroutines at once.
//
// Errors: those of fn, unchanged; a *dialect.Error if the server cannot be asked for its
// version, which happens once.
func (b *Bridge) In(ctx context.Context, tx *sql.Tx, fn func(ctx context.Context, tx bun.Tx) error) error {
	capabilities, err := b.capabilities(ctx, tx)
	if err != nil {
		return err
	}
	capabilities.Events = capabilities.Events || b.events
	if b.cache != nil {
		capabilities.Cache = b.cache
	}
	return bridge.Carry(ctx, conn{tx}, tx, b.dialect, capabilities, fn)
}

// capabilities finds out what the server is, until it has answered once.
func (b *Bridge) capabilities(ctx context.Context, tx *sql.Tx) (dialect.Capabilities, error) {
	if known := b.known.Load(); known != nil {
		return *known, nil
	}
	known, err := b.ask(ctx, tx)
	if err != nil {
		return known, dialect.Classify(err)
	}
	b.init.Lock()
	defer b.init.Unlock()
	if b.known.Load() == nil {
		db := stated.DB(known.Version)
		defer func() { _ = db.Close() }() // holds nothing
		b.dialect.Init(db)
		b.known.Store(&known)
	}
	return known, nil
}

// ask asks the server what it is where bun's dialect does not tell: it is one for
// MySQL and MariaDB.
func (b *Bridge) ask(ctx context.Context, tx *sql.Tx) (dialect.Capabilities, error) {
	known := dialect.OfDialect(b.dialect)
	if !known.IsMySQL() || known.Version != "" {
		return known, nil
	}
	err := tx.QueryRowContext(ctx, "SELECT version()").Scan(&known.Version)
	if strings.Contains(strings.ToLower(known.Version), "mariadb") {
		known.Engine = dialect.MariaDB
	}
	known.Sharded = known.Sharded || known.IsVitess()
	return known, err
}
