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

// DefaultPort is the port of a URL that names none.
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
type Config struct {
	// Settings are those that the URL holds; more may be filled in.
	handle.Settings
	// Conn is pgx's configuration. It holds the password.
	Conn *pgx.ConnConfig
	// TLS is the TLS mode in libpq's words.
	TLS string
	// Ignored names the URL's parameters that mean nothing here.
	Ignored []string

	pooled bool
	// session are the run-time parameters that a pooler would not keep.
	session map[string]string
}

// ParseURL reads a postgres:// or postgresql:// URL. It opens no connection;
// it reads the certificate files that the URL names and nothing else. Every
// error is a *valid.Error that holds no part of user, password or value.
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
		Settings: r.settings, Conn: conn, TLS: r.tls["sslmode"], Ignored: r.ignored, session: r.session,
	}
	if strings.HasPrefix(conn.Host, "/") {
		c.TLS = TLSDisable // a socket has none
	}
	c.SetPooled(r.looksPooled())
	return c, nil
}

// Pooled reports whether a transaction pooler stands in between.
func (c *Config) Pooled() bool { return c.pooled }

// SetPooled says whether a transaction pooler stands in between, whatever the
// URL looks like. [Open] fails when one does and the URL asks for session
// settings, which it would not keep.
func (c *Config) SetPooled(pooled bool) {
	c.pooled = pooled
	c.Conn.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	c.Conn.StatementCacheCapacity, c.Conn.DescriptionCacheCapacity = cacheCapacity, cacheCapacity
	if pooled {
		c.Conn.StatementCacheCapacity, c.Conn.DescriptionCacheCapacity = 0, 0
	}
	for name, value := range c.session {
		if pooled {
			delete(c.Conn.RuntimeParams, name)
		} else {
			c.Conn.RuntimeParams[name] = value
		}
	}
}

// check finds session settings that a pooler would not keep.
func (c *Config) check() error {
	if !c.pooled {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.session)) {
		return valid.Failf(dburl.Field, "sets %s, which a transaction pooler does not keep: "+
			"use a direct connection, or ALTER ROLE … SET … on the server", name)
	}
	return nil
}

// String names the server and the database, never the user or password.
func (c *Config) String() string {
	return "postgresql://" + c.Conn.Host + "/" + c.Conn.Database
}

// GoString keeps %#v from printing the password.
func (c *Config) GoString() string { return c.String() }

// looksPooled recognises a transaction pooler by its address.
func (r *reader) looksPooled() bool {
	if r.pooler != nil {
		return *r.pooler
	}
	for i, h := range r.hosts {
		label, _, _ := strings.Cut(h, ".")
		if strings.HasSuffix(label, "-pooler") || r.ports[i] == 6543 || r.ports[i] == 6432 {
			return true
		}
	}
	return false
}

func clampTimeout(d time.Duration) time.Duration { return max(d, 2*time.Second) }
