package handle

import (
	"database/sql"
	"log/slog"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// The defaults of [Settings].
const (
	DefaultPoolSize        = 16
	DefaultConnMaxLifetime = 30 * time.Minute
	DefaultConnMaxIdleTime = 5 * time.Minute
	DefaultConnectTimeout  = 10 * time.Second
	DefaultSlowQuery       = time.Second
)

// Settings are what every engine's handle can be told. The zero value of a
// field is its default; a negative one turns the feature off where that makes
// sense. Settings from a URL yield to those that a program gives.
type Settings struct {
	// PoolSize is the most connections at a time, 16 by default. On SQLite it
	// is the number of readers beside the one writer.
	PoolSize int
	// MaxIdle is the most connections kept while idle, by default as many as
	// PoolSize.
	MaxIdle int
	// ConnMaxLifetime is how long a connection is used, 30 minutes by default;
	// negative: for ever. SQLite's connections are not recycled.
	ConnMaxLifetime time.Duration
	// ConnMaxIdleTime is how long a connection may be idle before it is
	// closed, 5 minutes by default; negative: for ever.
	ConnMaxIdleTime time.Duration
	// ConnectTimeout limits one attempt to connect, 10 seconds by default;
	// negative: only the context does.
	ConnectTimeout time.Duration
	// StatementTimeout is enforced by the server: on PostgreSQL for every
	// statement (not behind a transaction pooler), on MariaDB too, on MySQL
	// for SELECT only. Not set by default. SQLite has none: use the context.
	StatementTimeout time.Duration
	// LockTimeout is how long a statement waits for another's lock. By default
	// PostgreSQL waits as its server says, MySQL and MariaDB 10 seconds, and
	// SQLite's writers queue for 30 seconds.
	LockTimeout time.Duration
	// UnsyncedCommits has SQLite acknowledge a commit before it is on disk, so
	// that a power failure takes the latest ones back. Other engines' servers
	// decide that themselves.
	UnsyncedCommits bool
	// Logger receives slow queries and what was ignored in a URL;
	// slog.Default() by default.
	Logger *slog.Logger
	// SlowQuery is from how long on a query is reported, 1 second by default;
	// negative: never.
	SlowQuery time.Duration
	// Tracer sees every query. None by default.
	Tracer Tracer
	// Observer is told of retries and of the ledger's operations. None by default.
	Observer dialect.Observer
	// Cache keeps what some verbs read. None by default.
	Cache dialect.Cache
	// Pooler says whether a transaction pooler stands in between, where the
	// URL does not show it or shows it wrongly; nil: as the URL says.
	Pooler *bool
	// Events has verbs write what happens to the outbox of package events.
	Events bool
	// Sharded says whether rows of different accounts may be on different
	// servers, where the server does not show it; nil: as the server says.
	Sharded *bool
}

// Stated returns capabilities with what s says of shards and events, and with its
// observer and cache.
func (s Settings) Stated(c dialect.Capabilities) dialect.Capabilities {
	c.Observer, c.Cache = s.Observer, s.Cache
	c.Events = s.Events
	if s.Sharded != nil {
		c.Sharded = *s.Sharded
	}
	return c
}

// Over returns s with the fields that are not set taken from base.
func (s Settings) Over(base Settings) Settings {
	s.PoolSize = first(s.PoolSize, base.PoolSize)
	s.MaxIdle = first(s.MaxIdle, base.MaxIdle)
	s.ConnMaxLifetime = first(s.ConnMaxLifetime, base.ConnMaxLifetime)
	s.ConnMaxIdleTime = first(s.ConnMaxIdleTime, base.ConnMaxIdleTime)
	s.ConnectTimeout = first(s.ConnectTimeout, base.ConnectTimeout)
	s.StatementTimeout = first(s.StatementTimeout, base.StatementTimeout)
	s.LockTimeout = first(s.LockTimeout, base.LockTimeout)
	s.SlowQuery = first(s.SlowQuery, base.SlowQuery)
	s.UnsyncedCommits = first(s.UnsyncedCommits, base.UnsyncedCommits)
	s.Logger = first(s.Logger, base.Logger)
	s.Pooler = first(s.Pooler, base.Pooler)
	s.Sharded = first(s.Sharded, base.Sharded)
	s.Events = first(s.Events, base.Events)
	if s.Tracer == nil {
		s.Tracer = base.Tracer
	}
	if s.Observer == nil {
		s.Observer = base.Observer
	}
	if s.Cache == nil {
		s.Cache = base.Cache
	}
	return s
}

// WithDefaults returns s with the defaults filled in, and negative durations
// (off, for ever) as zero.
func (s Settings) WithDefaults() Settings {
	s = s.Over(Settings{
		PoolSize: DefaultPoolSize, ConnMaxLifetime: DefaultConnMaxLifetime, ConnMaxIdleTime: DefaultConnMaxIdleTime,
		ConnectTimeout: DefaultConnectTimeout, SlowQuery: DefaultSlowQuery, Logger: slog.Default(),
	})
	s.PoolSize = max(s.PoolSize, 1)
	if s.MaxIdle == 0 || s.MaxIdle > s.PoolSize {
		s.MaxIdle = s.PoolSize
	}
	s.ConnMaxLifetime = max(s.ConnMaxLifetime, 0)
	s.ConnMaxIdleTime = max(s.ConnMaxIdleTime, 0)
	s.ConnectTimeout = max(s.ConnectTimeout, 0)
	s.StatementTimeout = max(s.StatementTimeout, 0)
	s.LockTimeout = max(s.LockTimeout, 0)
	s.SlowQuery = max(s.SlowQuery, 0)
	return s
}

// Apply gives the pool's limits to db. MaxIdle below zero keeps none.
func (s Settings) Apply(db *sql.DB) {
	db.SetMaxOpenConns(s.PoolSize)
	db.SetMaxIdleConns(s.MaxIdle)
	db.SetConnMaxLifetime(s.ConnMaxLifetime)
	db.SetConnMaxIdleTime(s.ConnMaxIdleTime)
}

func first[T comparable](a, b T) T {
	var zero T
	if a != zero {
		return a
	}
	return b
}
