package chameleon

import (
	"log/slog"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// Option changes how [Open] opens a handle. An option wins over a parameter of
// the URL.
type Option func(*handle.Settings)

// Tracer sees every query, without its literals.
type Tracer = handle.Tracer

// WithPoolSize sets the most connections at a time; 16 by default, or what the
// URL says (connection_limit). On SQLite it counts readers.
func WithPoolSize(n int) Option { return func(s *handle.Settings) { s.PoolSize = n } }

// WithMaxIdle sets the most idle connections that are kept, by default all;
// negative keeps none.
func WithMaxIdle(n int) Option { return func(s *handle.Settings) { s.MaxIdle = n } }

// WithConnMaxLifetime sets how long a connection is used, 30 minutes by
// default; zero or negative: for ever.
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

// WithStatementTimeout has the server end statements that take longer: all of
// them on PostgreSQL and MariaDB, SELECT only on MySQL. None by default.
// Behind a transaction pooler and on SQLite it has no effect; use the context.
func WithStatementTimeout(d time.Duration) Option {
	return func(s *handle.Settings) { s.StatementTimeout = off(d) }
}

// WithLockTimeout sets how long a statement waits for a lock. By default
// PostgreSQL waits as its server is configured, MySQL and MariaDB 10 seconds
// (they count whole seconds), and writers on SQLite 30 seconds.
func WithLockTimeout(d time.Duration) Option {
	return func(s *handle.Settings) { s.LockTimeout = off(d) }
}

// WithUnsyncedCommits has SQLite acknowledge a commit before the disk has it,
// which makes small transactions several times faster. The risk: after a power
// failure or a crash of the operating system the latest transactions are gone
// although they were acknowledged — orders that were paid, credits that were
// spent — and nothing in the database tells. What is left is consistent, and a
// crash of the process alone loses nothing. It is for tests, and for data that
// can be had again. Without it every commit is synchronized first. It is
// synchronous(NORMAL), and wins over what the URL says; PostgreSQL, MySQL and
// MariaDB decide this on the server, and the option has no effect there.
func WithUnsyncedCommits() Option { return func(s *handle.Settings) { s.UnsyncedCommits = true } }

// WithLogger sets the logger of slow queries; slog.Default() by default.
func WithLogger(l *slog.Logger) Option { return func(s *handle.Settings) { s.Logger = l } }

// WithSlowQueryThreshold sets from how long on a query is logged, 1 second by
// default; zero or negative: none is. Literals are left out.
func WithSlowQueryThreshold(d time.Duration) Option {
	return func(s *handle.Settings) { s.SlowQuery = off(d) }
}

// WithTracer has t see every query. There is none by default.
func WithTracer(t Tracer) Option { return func(s *handle.Settings) { s.Tracer = t } }

// WithObserver has o told of retries and of the ledger's operations. There is none by
// default. Package telemetry has one for OpenTelemetry.
func WithObserver(o dialect.Observer) Option { return func(s *handle.Settings) { s.Observer = o } }

// WithTransactionPooler says whether a transaction pooler such as PgBouncer
// stands between, where the URL does not show it, or shows it wrongly. Only
// PostgreSQL's handles differ: no named prepared statements, no session state.
func WithTransactionPooler(pooled bool) Option {
	return func(s *handle.Settings) { s.Pooler = &pooled }
}

// WithEvents has every verb on the handle write what happens (credits granted, an order
// paid …) to the outbox of package events, in its own transaction. Open each process's
// handle with it: what happens on another is not told, but for the low-balance events of
// accounts that have a mark. On a handle that is not chameleon's, see
// dialect.Capabilities.Events.
func WithEvents() Option { return func(s *handle.Settings) { s.Events = true } }

// WithSharding says whether accounts are spread over several servers that one
// router hides, where the server does not show it: Citus and Vitess (PlanetScale)
// are recognised. The ledger then locks several accounts by a statement each, in
// the order of their uuids, which costs a round trip an account.
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
