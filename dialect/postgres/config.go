package postgres

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultPort is the port if the URL names none.
const DefaultPort = 5432

// The TLS modes of libpq that a [Config] can have.
const (
	TLSDisable    = "disable"
	TLSAllow      = "allow"
	TLSPrefer     = "prefer"
	TLSRequire    = "require"
	TLSVerifyCA   = "verify-ca"
	TLSVerifyFull = "verify-full"
)

// cacheCapacity bounds the prepared statements of one connection, pgx's own
// default.
const cacheCapacity = 512

// Config is how to reach a PostgreSQL database. Make one with [ParseURL].
type Config struct { //nolint:recvcheck // what prints and marshals is for values, too
	// Settings are those that the URL holds; more may be filled in.
	handle.Settings
	// TLS is the TLS mode in libpq's words.
	TLS string
	// Ignored names the URL's parameters that have no meaning here.
	Ignored []string

	// conn is what Conn returns, out of reach of printers.
	conn   func() *pgx.ConnConfig
	pooled bool
	// told means that pooled is what somebody said, not what the URL looks like.
	told bool
	// session are the run-time parameters that a pooler would not keep.
	session map[string]string
	// schemas are the names of the session's search_path, where the URL has
	// the parameter schema.
	schemas []string
}

// ParseURL reads a postgres:// or postgresql:// URL. It opens no connection;
// it reads the certificate files that the URL names and nothing else.
//
// Errors: *dialect.InvalidError, which holds no part of user, password or value.
func ParseURL(databaseURL string) (*Config, error) {
	u, err := dburl.Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, valid.Failf(dburl.Field, "has the scheme %s, which is not PostgreSQL's", u.Scheme)
	}
	r := &reader{url: u, tls: map[string]string{}, runtime: map[string]string{}, session: map[string]string{}}
	for _, p := range u.Params {
		if err := r.param(p); err != nil {
			return nil, err
		}
	}
	conn, err := r.connConfig()
	if err != nil {
		return nil, err
	}
	c := &Config{
		Settings: r.settings, TLS: r.tls["sslmode"], Ignored: r.ignored, session: r.session,
		schemas: r.schemas, conn: func() *pgx.ConnConfig { return conn },
	}
	if strings.HasPrefix(conn.Host, "/") {
		c.TLS = TLSDisable // a socket has none
	}
	c.setPooled(r.looksPooled())
	c.told = r.pooler != nil
	return c, nil
}

// Conn returns pgx's configuration, which may be changed before [Open]. It contains the
// password, also when it is printed.
func (c *Config) Conn() *pgx.ConnConfig { return c.conn() }

// Pooled reports whether the connection goes through a transaction pooler.
func (c *Config) Pooled() bool { return c.pooled }

// SetPooled says whether the connection goes through a transaction pooler, whatever the URL
// looks like. If it does, [Open] fails if the URL asks for session settings, which a pooler
// would not keep. The schema= of a URL is one of them, unless the server itself gives the
// session that search_path.
func (c *Config) SetPooled(pooled bool) {
	c.told = true
	c.setPooled(pooled)
}

func (c *Config) setPooled(pooled bool) {
	c.pooled = pooled
	c.Conn().DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	c.Conn().StatementCacheCapacity, c.Conn().DescriptionCacheCapacity = cacheCapacity, cacheCapacity
	if pooled {
		c.Conn().StatementCacheCapacity, c.Conn().DescriptionCacheCapacity = 0, 0
	}
	for name, value := range c.session {
		if pooled {
			delete(c.Conn().RuntimeParams, name)
		} else {
			c.Conn().RuntimeParams[name] = value
		}
	}
}

// check finds session settings that a pooler would not keep. A search_path
// that schema= asks for is not among them: whether the server's own is the same
// shows when connected.
func (c *Config) check() error {
	if !c.pooled {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.session)) {
		if name != "search_path" || c.schemas == nil {
			return valid.Failf(dburl.Field, "sets %s, which a transaction pooler does not keep: "+
				"use a direct connection, or ALTER ROLE … SET … on the server", name)
		}
	}
	return nil
}

func clampTimeout(d time.Duration) time.Duration { return max(d, 2*time.Second) }
