package dialect

import (
	"context"
	"errors"
	"reflect"
	"strings"
)

// Classify turns an engine's failure into an *Error that wraps err. It returns
// nil for nil, and err itself if err is already typed or is not an engine's
// failure: sql.ErrNoRows, a validation error, any error of a domain. An error
// type of another package that wraps an engine's failure says more than the
// engine did and is returned as it is; plain wrapping (fmt.Errorf, errors.Join
// of only engine failures) is unwrapped.
//
// It decides by codes, types and sentinels. It compares message text only where
// an engine or driver offers nothing else: for SQLite's missing tables and
// columns, and for a few sentinels that database/sql and drivers do not export,
// or not without linking the driver. A bare io.ErrUnexpectedEOF counts as a
// lost connection, because pgx reports it that way.
func Classify(err error) error {
	f, ok := search(err, annotated)
	if !ok || f.typed != nil {
		return err
	}
	e := &Error{
		Kind: f.kind, Engine: f.engine, Code: f.code, Index: f.index,
		Remedy: f.remedy, Err: err, lost: f.lost,
	}
	switch {
	case !e.Kind.yieldsToContext():
	case errors.Is(err, context.Canceled):
		e.Kind, e.Remedy = KindCanceled, ""
	case errors.Is(err, context.DeadlineExceeded) && !f.dial:
		e.Kind, e.Remedy = KindTimeout, ""
	}
	if e.Remedy == "" {
		e.Remedy = e.Kind.remedy()
	}
	return e
}

// IsTransient reports whether rerunning the same transaction from its beginning
// may succeed, as after a deadlock, a serialization failure or a lock timeout.
// It looks through every wrapper, including domain errors. [InTx] retries by
// itself in transactions that it opens.
func IsTransient(err error) bool {
	f, ok := search(err, everything)
	return ok && f.kind == KindTransient
}

// UniqueIndex returns the name of the index, or constraint, that a unique
// violation names, and whether err is one; it looks through every wrapper.
// MySQL and MariaDB call a primary key PRIMARY. SQLite names no index but its
// columns: "users.email", "posts.slug,posts.locale". The name is empty when
// the engine gave none.
func UniqueIndex(err error) (string, bool) {
	f, ok := search(err, everything)
	if !ok || f.kind != KindUnique {
		return "", false
	}
	return f.index, true
}

// finding is what is known about an engine's failure within an error.
type finding struct {
	kind   Kind
	engine Engine
	code   string
	index  string
	remedy string // in place of the kind's own
	lost   bool   // the connection is gone
	dial   bool   // while connecting
	leaf   error  // the engine's or driver's error itself
	text   string // leaf's text without quoted values; empty = as it is
	typed  *Error // leaf, when it is typed already
}

// rank orders the findings of a joined error: what a server said explains more
// than a connection that then failed.
func (f finding) rank() int {
	switch {
	case f.typed != nil:
		return 4
	case f.code != "":
		return 3
	case f.kind == KindTLS:
		return 2
	case f.kind == KindCanceled || f.kind == KindTimeout:
		return 0
	default:
		return 1
	}
}

// yieldsToContext reports whether a failure of this kind is but a consequence
// when the context is done too.
func (k Kind) yieldsToContext() bool {
	switch k {
	case KindOther, KindUnavailable, KindTimeout, KindCanceled, KindClosed:
		return true
	}
	return false
}

// depth says which wrappers a search looks through.
type depth int

const (
	// annotated: those that add nothing but text.
	annotated depth = iota
	// everything: all of them.
	everything
	// driverOwned: all of them, below an error that a driver made, where an
	// io.EOF is the server's and not, say, a JSON decoder's.
	driverOwned
)

// search finds the engine's failure within err.
func search(err error, d depth) (finding, bool) {
	if err == nil {
		return finding{}, false
	}
	if f, ok := match(err, d); ok {
		if f.leaf == nil {
			f.leaf = err
		}
		return f, true
	}
	switch from := origin(err); {
	case from == driverMade:
		d = driverOwned
	case from == foreign && d == annotated:
		return finding{}, false
	}
	f, ok := searchWrapped(err, d)
	if !ok && d == driverOwned && isConnectError(err) {
		return connectMeaning(err), true
	}
	return f, ok
}

func searchWrapped(err error, d depth) (finding, bool) {
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		return search(u.Unwrap(), d)
	case interface{ Unwrap() []error }:
		return searchJoined(u.Unwrap(), d)
	}
	return finding{}, false
}

// searchJoined picks the finding that explains most. Where only annotation may
// be looked through, one error that is not an engine's makes the whole a
// domain's: fmt.Errorf("%w: %w", ErrEmailTaken, err).
func searchJoined(errs []error, d depth) (best finding, ok bool) {
	for _, err := range errs {
		f, found := search(err, d)
		switch {
		case !found && d == annotated:
			return finding{}, false
		case found && (!ok || f.rank() > best.rank()):
			best, ok = f, true
		}
	}
	return best, ok
}

// match recognizes err itself, not what it wraps.
func match(err error, d depth) (finding, bool) {
	if e, ok := err.(*Error); ok {
		return finding{
			kind: e.Kind, engine: e.Engine, code: e.Code, index: e.Index,
			remedy: e.Remedy, lost: e.lost, typed: e,
		}, true
	}
	for _, matcher := range [...]func(error) (finding, bool){
		matchPostgres, matchMySQL, matchSQLite, matchTLS, matchNetwork, matchSentinel,
	} {
		if f, ok := matcher(err); ok {
			return f, true
		}
	}
	if d == driverOwned {
		return matchInDriver(err)
	}
	return finding{}, false
}

// The origins of an error's type, told by its package.
type typeOrigin int

const (
	foreign    typeOrigin = iota // some domain's: opaque
	annotation                   // adds text only
	driverMade                   // a driver's wrapper
)

func origin(err error) typeOrigin {
	switch path := packagePath(err); {
	case path == "fmt", path == "errors", path == "github.com/pkg/errors",
		path == "golang.org/x/xerrors", strings.HasPrefix(path, "github.com/cockroachdb/errors"):
		return annotation
	case path == "database/sql", path == "os", path == "net", path == "internal/poll",
		strings.Contains(path, "jackc/pg"), strings.Contains(path, "lib/pq"),
		strings.Contains(path, "driver/pgdriver"), strings.Contains(path, "go-sql-driver/mysql"),
		strings.Contains(path, "sqlite"):
		return driverMade
	}
	return foreign
}

// packagePath returns the import path of the package that declares err's type.
func packagePath(err error) string {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}

func isConnectError(err error) bool {
	t := reflect.TypeOf(err)
	return t.Kind() == reflect.Pointer && t.Elem().Name() == "ConnectError" &&
		strings.Contains(t.Elem().PkgPath(), "jackc/pg")
}
