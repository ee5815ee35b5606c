package sqlite

import (
	"net/url"
	"strings"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Config is where a SQLite database is. Make one with [ParseURL].
type Config struct {
	// Settings are those that the URL holds; more may be filled in.
	handle.Settings
	// Path of the file, empty for a database in memory.
	Path string
	// ReadOnly opens the file without writing to it, its directory or a log.
	ReadOnly bool
	// Immutable promises that nobody changes the file.
	Immutable bool
	// MustExist refuses to create the file (mode=rw).
	MustExist bool
	// Pragmas that every connection sets, such as "cache_size(-20000)", after
	// this package's own.
	Pragmas []string
}

// ParseURL reads sqlite://path, sqlite:///absolute/path, sqlite://:memory:,
// file:path and file:///path, with SQLite's parameters mode, immutable and
// cache, modernc's _pragma, and connection_limit. Other parameters are refused
// by name. Errors are *valid.Error.
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
	c := &Config{Path: dburl.Decode(path)}
	params, err := dburl.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	for _, p := range params {
		if err := c.param(p); err != nil {
			return nil, err
		}
	}
	switch {
	case c.Path == ":memory:" || c.Path == "/:memory:" || c.Path == memory:
		c.Path = ""
	case c.Path == "":
		return nil, valid.Failf(dburl.Field, "names no file: use sqlite://app.db, or sqlite://:memory:")
	case scheme == "sqlite" && hasPassword(path):
		// A server's URL with another scheme: errors about the path would print it.
		return nil, valid.Failf(dburl.Field, "has a user and a password, which SQLite does not: use sqlite://app.db")
	case strings.IndexByte(c.Path, 0) >= 0:
		return nil, valid.Failf(dburl.Field, "holds a NUL byte")
	}
	return c, nil
}

// hasPassword reports whether a path starts as user:password@host does.
func hasPassword(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	user, _, found := strings.Cut(first, "@")
	return found && strings.Contains(user, ":")
}

// memory stands for mode=memory while a URL is read; no path holds a NUL.
const memory = "\x00memory"

func (c *Config) param(p dburl.Param) (err error) {
	switch p.Key {
	case "mode":
		return c.mode(p)
	case "immutable":
		c.Immutable, err = p.Bool()
		c.ReadOnly = c.ReadOnly || c.Immutable
	case "_pragma":
		if strings.ContainsAny(p.Value, ";") {
			return p.Refuse("holds more than one statement")
		}
		c.Pragmas = append(c.Pragmas, p.Value)
	case "_txlock":
		if p.Value != "immediate" {
			return p.Refuse("asks for something else than immediate")
		}
	case "_busy_timeout", "_timeout":
		n, err := p.Count(0)
		if err != nil {
			return err
		}
		c.Pragmas = append(c.Pragmas, "busy_timeout("+itoa(n)+")")
	case "_time_format":
		if p.Value != "sqlite" {
			return p.Refuse("asks for something else than sqlite")
		}
	case "cache": // shared or private: each handle has its own connections
	case "connection_limit":
		c.PoolSize, err = p.Count(1)
	default:
		return p.Refuse("is not known")
	}
	return err
}

func (c *Config) mode(p dburl.Param) error {
	switch p.Value {
	case "ro":
		c.ReadOnly = true
	case "rw":
		c.MustExist = true
	case "rwc":
	case "memory":
		c.Path = memory
	default:
		return p.Refuse("is none of ro, rw, rwc, memory")
	}
	return nil
}

// InMemory reports whether the database is gone when the handle is closed.
func (c *Config) InMemory() bool { return c.Path == "" }

// String is the database's URL.
func (c *Config) String() string {
	if c.InMemory() {
		return "sqlite://:memory:"
	}
	return "sqlite://" + c.Path
}

// role says what a connection is for.
type role int

const (
	writing role = iota
	reading
)

// dsn is modernc's name for a connection to the file at path.
func (c *Config) dsn(path string, r role) string {
	q := url.Values{"_time_format": {"sqlite"}, "_txlock": {"immediate"}}
	pragma := func(p string) { q.Add("_pragma", p) }
	pragma("busy_timeout(5000)")
	switch {
	case c.ReadOnly:
		q.Set("mode", "ro")
		if c.Immutable {
			q.Set("immutable", "1")
		}
	case c.MustExist || r == reading:
		q.Set("mode", "rw")
	}
	if !c.ReadOnly && r == writing {
		pragma("journal_mode(WAL)")
	}
	if c.InMemory() {
		pragma("synchronous(OFF)")
	} else {
		pragma("synchronous(NORMAL)")
	}
	pragma("foreign_keys(1)")
	for _, p := range c.Pragmas {
		pragma(p)
	}
	if r == reading {
		pragma("query_only(1)")
	}
	escaped := (&url.URL{Path: path}).EscapedPath()
	return "file:" + strings.ReplaceAll(escaped, "?", "%3F") + "?" + q.Encode()
}
