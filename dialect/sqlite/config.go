package sqlite

import (
	"net/url"
	"strings"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Config is where a SQLite database is. Make one with [ParseURL].
type Config struct { //nolint:recvcheck // what prints and marshals is for values, too
	// Settings are those from the URL; more may be filled in.
	handle.Settings
	// Path of the file, empty for a database in memory.
	Path string
	// ReadOnly opens the file without writing to it, its directory or a log.
	ReadOnly bool
	// Immutable promises that the file does not change.
	Immutable bool
	// MustExist refuses to create the file (mode=rw).
	MustExist bool
	// Pragmas are those that the URL sets. A connection that cannot have them is
	// not opened.
	Pragmas []Pragma
	// SharedName is the name under which all handles of the process share a database
	// in memory; empty for a private one.
	SharedName string
}

// ParseURL reads sqlite://path, sqlite:///absolute/path, sqlite://:memory:,
// file:path and file:///path, with SQLite's parameters mode, immutable and
// cache, the driver's _pragma, _txlock and _time_format, other drivers'
// shorthands for pragmas such as _synchronous, and connection_limit. Parameters and
// values that a handle cannot honor are refused by name, as are two values for one
// setting.
//
// Errors: *dialect.InvalidError, which names the parameter.
func ParseURL(databaseURL string) (*Config, error) {
	scheme, rest, err := dburl.Split(databaseURL)
	if err != nil {
		return nil, err
	}
	if scheme != "sqlite" && scheme != "file" {
		return nil, valid.Failf(dburl.Field, "has the scheme %s, which is not SQLite's", scheme)
	}
	path, query, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	if scheme == "file" {
		if absolute, ok := strings.CutPrefix(path, "localhost/"); ok {
			path = "/" + absolute
		}
	}
	if hasPassword(dburl.Decode(path)) {
		return nil, valid.Failf(dburl.Field, "has a user and a password, which SQLite does not: use sqlite://app.db")
	}
	u := &parsing{Config: &Config{Path: dburl.Decode(path)}, seen: map[string]string{}}
	params, err := dburl.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	for _, p := range params {
		if err := u.param(p); err != nil {
			return nil, err
		}
	}
	if err := u.finish(); err != nil {
		return nil, err
	}
	return u.Config, nil
}

// InMemory reports whether the database is gone when the handle is closed.
func (c *Config) InMemory() bool { return c.Path == "" }

// role says what a connection is for.
type role int

const (
	writing role = iota
	reading
)

// dsn is modernc's name for a connection to the file at path. The pragmas are
// not there: see configured.
func (c *Config) dsn(path string, r role) string {
	q := url.Values{"_time_format": {"sqlite"}, "_txlock": {"immediate"}}
	switch {
	case c.ReadOnly:
		q.Set("mode", "ro")
		if c.Immutable {
			q.Set("immutable", "1")
		}
	case c.MustExist || r == reading:
		q.Set("mode", "rw")
	}
	escaped := (&url.URL{Path: path}).EscapedPath()
	return "file:" + strings.ReplaceAll(escaped, "?", "%3F") + "?" + q.Encode()
}
