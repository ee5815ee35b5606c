package sqlite

import (
	"strings"

	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// parsing is a URL that is being read.
type parsing struct {
	*Config
	seen          map[string]string // parameters, by name
	memory, share bool
}

func (u *parsing) param(p dburl.Param) (err error) {
	if p.Key == "_pragma" { // the only one that may be repeated
		pragma, err := parsePragma(p)
		return u.set(p, pragma, err)
	}
	if before, ok := u.seen[p.Key]; ok && before != p.Value {
		return p.Refuse("has two values")
	}
	u.seen[p.Key] = p.Value
	switch p.Key {
	case "mode":
		return u.mode(p)
	case "cache":
		return u.cache(p)
	case "immutable":
		u.Immutable, err = p.Bool()
		u.ReadOnly = u.ReadOnly || u.Immutable
	case "_txlock":
		if !strings.EqualFold(p.Value, "immediate") {
			return p.Refuse("asks for something else than immediate")
		}
	case "_time_format":
		if p.Value != "sqlite" {
			return p.Refuse("asks for something else than sqlite")
		}
	case "connection_limit":
		u.PoolSize, err = p.Count(1)
	default:
		return u.shorthand(p)
	}
	return err
}

func (u *parsing) mode(p dburl.Param) error {
	switch p.Value {
	case "ro":
		u.ReadOnly = true
	case "rw":
		u.MustExist = true
	case "rwc":
	case "memory":
		u.memory = true
	default:
		return p.Refuse("is none of ro, rw, rwc, memory")
	}
	return nil
}

func (u *parsing) cache(p dburl.Param) error {
	switch p.Value {
	case "shared":
		u.share = true
	case "private":
	default:
		return p.Refuse("is neither shared nor private")
	}
	return nil
}

// shorthand reads a parameter of other drivers that sets a pragma.
func (u *parsing) shorthand(p dburl.Param) error {
	var name string
	switch p.Key {
	case "_timeout", "_busy_timeout":
		name = "busy_timeout"
	case "_fk", "_foreign_keys":
		name = "foreign_keys"
	case "_journal", "_journal_mode":
		name = "journal_mode"
	case "_sync", "_synchronous":
		name = "synchronous"
	case "_vacuum", "_auto_vacuum":
		name = "auto_vacuum"
	case "_cache_size", "_secure_delete":
		name = p.Key[1:]
	default:
		return p.Refuse("is not known")
	}
	pragma, err := newPragma(p, name, p.Value)
	return u.set(p, pragma, err)
}

// finish checks that the parts fit together.
func (u *parsing) finish() error {
	if u.Path == ":memory:" || u.Path == "/:memory:" {
		u.memory = true
	}
	switch {
	case u.memory && u.ReadOnly:
		return valid.Failf(dburl.Field, "opens a read-only database in memory")
	case u.ReadOnly && u.asked("journal_mode") != "":
		return valid.Failf(dburl.Field, "sets a journal_mode on a read-only file")
	case u.memory && u.share && u.Path == "":
		return valid.Failf(dburl.Field, "shares a database in memory without naming it: use file:name?mode=memory&cache=shared")
	case u.memory:
		if u.share {
			u.SharedName = u.Path
		}
		u.Path = ""
	case u.share:
		return valid.Failf(dburl.Field, "parameter cache is shared, which makes readers wait for writers: leave it out")
	case u.Path == "":
		return valid.Failf(dburl.Field, "names no file: use sqlite://app.db, or sqlite://:memory:")
	case strings.IndexByte(u.Path, 0) >= 0:
		return valid.Failf(dburl.Field, "holds a NUL byte")
	}
	return nil
}
