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

// Settings are the settings of a handle on any engine. The zero value of a field means its
// default; a negative value turns the feature off where that makes sense. Settings that a
// program gives override those from a URL.
type Settings struct {
	// PoolSize is the maximum number of connections, 16 by default. On SQLite it is the
	// number of readers, in addition to the one writer.
	PoolSize int
	// MaxIdle is the maximum number of idle connections, PoolSize by default.
	MaxIdle int
	// ConnMaxLifetime is how long a connection is used, 30 minutes by default; negative
	// means forever. SQLite's connections are not recycled.
	ConnMaxLifetime time.Duration
	// ConnMaxIdleTime is how long a connection may be idle before it is closed, 5 minutes
	// by default; negative means forever.
	ConnMaxIdleTime time.Duration
	// ConnectTimeout limits one attempt to connect, 10 seconds by default; negative means
	// that only the context limits it.
	ConnectTimeout time.Duration
	// StatementTimeout is enforced by the server: on PostgreSQL (except behind a
	// transaction pooler) and MariaDB for every statement, on MySQL for SELECT only. There
	// is none by default. SQLite does not support it: use the context.
	StatementTimeout time.Duration
	// LockTimeout is how long a statement waits for a lock. By default PostgreSQL waits as
	// its server is configured, MySQL and MariaDB wait 10 seconds, and SQLite's writers
	// queue for 30 seconds.
	LockTimeout time.Duration
	// UnsyncedCommits makes SQLite acknowledge a commit before it is on disk, so that a
	// power failure may undo the latest ones. The servers of other engines decide that
	// themselves.
	UnsyncedCommits bool
	// Logger receives slow queries and the URL parameters that were ignored; slog.Default()
	// by default.
	Logger *slog.Logger
	// SlowQuery is the duration from which a query is logged, 1 second by default; negative
	// means never.
	SlowQuery time.Duration
	// Tracer sees every query. None by default.
	Tracer Tracer
	// Observer is notified of retries and of the ledger's operations. There is none by
	// default.
	Observer dialect.Observer
	// Cache caches what some verbs read. There is none by default.
	Cache dialect.Cache
	// Pooler says whether the connection goes through a transaction pooler, if the URL does
	// not show that correctly; nil means as the URL says.
	Pooler *bool
	// Events makes verbs write events to the outbox of package events.
	Events bool
	// Sharded says whether rows of different accounts may be on different servers, if the
	// server does not reveal it; nil means as the server says.
	Sharded *bool
}

// Stated returns c with the shards, events, observer and cache that s sets.
func (s Settings) Stated(c dialect.Capabilities) dialect.Capabilities {
	c.Observer, c.Cache = s.Observer, s.Cache
	c.Events = s.Events
	if s.Sharded != nil {
		c.Sharded = *s.Sharded
	}
	return c
}

// Over returns s, with fields that are not set taken from base.
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

// WithDefaults returns s with the defaults filled in, and negative durations (off, forever)
// as zero.
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

// Apply sets the limits of db's pool. A negative MaxIdle keeps no idle connections.
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
