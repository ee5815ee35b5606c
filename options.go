package chameleon

import (
	"log/slog"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// Option configures a handle that [Open] opens. An option overrides a parameter
// of the URL.
type Option func(*handle.Settings)

// Tracer sees every query, without its literals.
type Tracer = handle.Tracer

// WithPoolSize sets the maximum number of connections: 16 by default, or what
// the URL says (connection_limit). On SQLite it counts readers.
func WithPoolSize(n int) Option { return func(s *handle.Settings) { s.PoolSize = n } }

// WithMaxIdle sets how many idle connections are kept, by default all; negative
// keeps none.
func WithMaxIdle(n int) Option { return func(s *handle.Settings) { s.MaxIdle = n } }

// WithConnMaxLifetime sets how long a connection is used, 30 minutes by
// default; zero or negative: forever.
func WithConnMaxLifetime(d time.Duration) Option {
	return func(s *handle.Settings) { s.ConnMaxLifetime = off(d) }
}

// WithConnMaxIdleTime sets after how long an idle connection is closed, 5
// minutes by default; zero or negative: never.
func WithConnMaxIdleTime(d time.Duration) Option {
	return func(s *handle.Settings) { s.ConnMaxIdleTime = off(d) }
}

// WithConnectTimeout limits one attempt to connect, 10 seconds by default;
// zero or negative: only the context limits it.
func WithConnectTimeout(d time.Duration) Option {
	return func(s *handle.Settings) { s.ConnectTimeout = off(d) }
}

// WithStatementTimeout makes the server cancel statements that take longer: all
// of them on PostgreSQL and MariaDB, only SELECT on MySQL. There is none by
// default. Behind a transaction pooler and on SQLite it has no effect; use the
// context.
func WithStatementTimeout(d time.Duration) Option {
	return func(s *handle.Settings) { s.StatementTimeout = off(d) }
}

// WithLockTimeout sets how long a statement waits for a lock. By default
// PostgreSQL waits as its server is configured, MySQL and MariaDB 10 seconds
// (they count whole seconds), and writers on SQLite 30 seconds.
func WithLockTimeout(d time.Duration) Option {
	return func(s *handle.Settings) { s.LockTimeout = off(d) }
}

// WithUnsyncedCommits makes SQLite acknowledge a commit before it is on disk,
// which makes small transactions several times faster. The risk: after a power
// failure or a crash of the operating system, the latest acknowledged
// transactions (orders paid, credits spent) are lost, and nothing in the
// database shows it. What remains is consistent, and a crash of the process
// alone loses nothing. It is for tests, and for data that can be recreated. By
// default every commit is synchronized first. It sets synchronous(NORMAL) and
// overrides the URL. PostgreSQL, MySQL and MariaDB decide this on the server,
// and the option has no effect there.
func WithUnsyncedCommits() Option { return func(s *handle.Settings) { s.UnsyncedCommits = true } }

// WithLogger sets the logger of slow queries; slog.Default() by default.
func WithLogger(l *slog.Logger) Option { return func(s *handle.Settings) { s.Logger = l } }

// WithSlowQueryThreshold sets the duration from which a query is logged as
// slow, 1 second by default; zero or negative: never. Literals are left out.
func WithSlowQueryThreshold(d time.Duration) Option {
	return func(s *handle.Settings) { s.SlowQuery = off(d) }
}

// WithTracer shows every query to t. There is none by default.
func WithTracer(t Tracer) Option { return func(s *handle.Settings) { s.Tracer = t } }

// WithObserver notifies o of retries and of the ledger's operations. There is none by
// default. Package telemetry has one for OpenTelemetry.
func WithObserver(o dialect.Observer) Option { return func(s *handle.Settings) { s.Observer = o } }

// WithCache caches what apikeys.Authenticate, providers.Get and Find, content.GetBySlug
// and ListPublished read; the verbs that change keys, providers and posts invalidate it.
// There is none by default; see package cache. Open every handle of the process on this
// database with the same cache: changes made through a handle without it are seen late.
func WithCache(c dialect.Cache) Option { return func(s *handle.Settings) { s.Cache = c } }

// WithTransactionPooler says whether the connection goes through a transaction
// pooler such as PgBouncer, if the URL does not show that correctly. Only
// PostgreSQL handles differ: no named prepared statements, no session state.
func WithTransactionPooler(pooled bool) Option {
	return func(s *handle.Settings) { s.Pooler = &pooled }
}

// WithEvents makes every verb on the handle write what happens (credits granted, an
// order paid …) to the outbox of package events, in its own transaction. Open the
// handles of all processes with it: what happens on other handles is not recorded,
// except for low-balance events of accounts that have a mark. For handles opened
// otherwise, see dialect.Capabilities.Events.
func WithEvents() Option { return func(s *handle.Settings) { s.Events = true } }

// WithSharding says whether accounts are spread over several servers behind one
// router, if the server does not reveal it: Citus and Vitess (PlanetScale) are
// recognized. The ledger then locks several accounts one statement at a time, in
// the order of their IDs, which costs one round trip per account.
func WithSharding(sharded bool) Option {
	return func(s *handle.Settings) { s.Sharded = &sharded }
}

// off turns zero into a negative duration, which settings take for "none".
func off(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
