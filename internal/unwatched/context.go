// Package unwatched saves the goroutine that database/sql starts for each query whose
// context may end, to close its rows then: on a fast server starting, waking and ending
// it takes as long as the query. The drivers watch the context themselves until the rows
// are read, so a query that goes to one of the connections in this module's packages of
// drivers is given a context that does not end, and the connection gets back the one
// that does.
package unwatched

import (
	"context"
	"time"
)

// key finds the context within that of Context.
type key struct{}

// unending is a context whose end cannot be seen.
type unending struct{ context.Context } //nolint:containedctx // it is one

// Context returns ctx for database/sql, without its end. Only a connection that calls
// [Origin] may be given it: see [Watcher].
func Context(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx
	}
	return unending{ctx}
}

// Origin returns what ctx was before [Context]. Drivers' connections call it.
func Origin(ctx context.Context) context.Context {
	if origin, ok := ctx.Value(key{}).(context.Context); ok {
		return origin
	}
	return ctx
}

// Deadline implements context.Context.
func (unending) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Done implements context.Context.
func (unending) Done() <-chan struct{} { return nil }

// Err implements context.Context.
func (unending) Err() error { return nil }

// Value implements context.Context.
func (u unending) Value(of any) any {
	if of == (key{}) {
		return u.Context
	}
	return u.Context.Value(of)
}

// Watcher is implemented by connections that watch the [Origin] of a query's context
// until its rows are closed.
type Watcher interface{ WatchesOrigin() }
