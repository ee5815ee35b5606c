package dialect

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/shards"
)

// The bounds of InTx's retries. A lock wait can last as long as the server is
// set to, so the time is bounded as well as the number.
const (
	maxAttempts  = 10
	retryWindow  = 30 * time.Second
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = time.Second
)

// CleanupLimit bounds cleanup after a context has ended, such as the ROLLBACK
// of its transaction. A call returns at most this long after its context's end,
// and abandons a connection that does not answer.
const CleanupLimit = 2 * time.Second

// InTx runs fn in a transaction.
//
// With a *bun.DB or a bun.Conn it opens one (READ COMMITTED on PostgreSQL, MySQL and
// MariaDB; the default on SQLite), commits when fn returns nil, and rolls back when
// fn returns an error or panics, or when ctx ends. A transient failure
// ([IsTransient]) anywhere in it, COMMIT included, reruns the whole after a short
// random pause: at most 10 times, none starting later than 30 seconds after the
// first. The same goes for a pooled connection that turns out to be dead before
// COMMIT is sent and, on MySQL's protocol, for a unique key that only COMMIT finds
// taken (TiDB's optimistic mode). fn must therefore only do database work through tx
// with ctx, and start from its inputs each time.
//
// With a bun.Tx it runs fn on it, once: no commit, no rollback, no retry.
//
// On MySQL and MariaDB, a handle that chameleon did not open may store times in
// another zone. In a transaction that InTx opens, the session is in UTC until the
// transaction ends, and bun writes and reads times in UTC; in a caller's
// transaction, times that would be changed are refused with [ErrTimeZone]. On
// every such handle, settings under which bun's statements would mean something
// else to the server are an *InvalidError; the session is checked once per
// handle.
//
// Errors: classified ([Classify]) and name the handle's engine; those of fn
// that are not an engine's are returned as they are. When attempts run out the
// last transient *Error is returned. A connection that breaks, or a ctx that ends,
// while COMMIT is under way is not retried, since the work may be stored: the
// *Error then matches [ErrOutcomeUnknown], and repeating the call with the same
// idempotency key is safe. Any other error of a transaction that InTx opened says
// that nothing is stored.
//
// Errors: those of fn, and *Error. When ctx is done, errors.Is finds its error,
// and InTx has returned within [CleanupLimit].
func InTx(ctx context.Context, db bun.IDB, fn func(ctx context.Context, tx bun.Tx) error) error {
	engine := Of(db).Engine
	if tx, ok := TxOf(db); ok {
		return within(ctx, tx, engine, fn)
	}
	return attempts(ctx, db, func() (again bool, err error) { return runOnce(ctx, db, engine, fn) })
}

// attempts calls once, which reports whether another attempt may succeed, until it need not.
func attempts(ctx context.Context, db bun.IDB, once func() (again bool, err error)) error {
	started := time.Now()
	for attempt := 1; ; attempt++ {
		began := time.Now()
		again, err := once()
		if err == nil {
			return nil
		}
		again = again && attempt < maxAttempts && time.Since(started) <= retryWindow
		observeAttempt(ctx, db, began, attempt, err, again)
		if !again {
			return err
		}
		if !pause(ctx, attempt) {
			return explain(ctx, Of(db).Engine, err)
		}
	}
}

// within runs fn in the caller's transaction.
func within(ctx context.Context, tx bun.Tx, engine Engine, fn func(context.Context, bun.Tx) error) error {
	ctx, tx, err := keepZoneWithin(ctx, tx)
	if err == nil {
		err = fn(ctx, tx)
	}
	return explain(ctx, engine, err)
}

// runOnce is one attempt. It reports whether another may succeed.
func runOnce(
	ctx context.Context, db bun.IDB, engine Engine, fn func(context.Context, bun.Tx) error,
) (again bool, err error) {
	s, err := begin(ctx, db, engine)
	if err != nil {
		return judge(ctx, s, engine, err)
	}
	defer s.end(ctx) // after a panic too
	var later afterwards
	if err := fn(s.opened(shards.InTransaction(withZoneKept(ctx, s.tx, s.tx.Tx)), &later), s.tx); err != nil {
		s.rollback(ctx)
		return judge(ctx, s, engine, err)
	}
	if ctx.Err() != nil {
		s.rollback(ctx)
		return false, explain(ctx, engine, ctx.Err())
	}
	err = s.commit(ctx)
	if err == nil {
		later.committed(ctx)
		return false, nil
	}
	s.clean(ctx)
	if outcomeUnknown(err, s.foreign) {
		later.committed(ctx)
		return false, unknown(ctx, engine, err)
	}
	again, err = judge(ctx, s, engine, err)
	return again || takenAtCommit(ctx, engine, err), err
}

// takenAtCommit reports whether COMMIT found that others have a unique key. TiDB
// looks only there in its optimistic mode, and another attempt sees who has it.
// MySQL and MariaDB never do; PostgreSQL does for constraints that are deferred, of
// which another attempt would find the same.
func takenAtCommit(ctx context.Context, engine Engine, err error) bool {
	return engine == MySQL && ctx.Err() == nil && errors.Is(err, ErrUnique)
}

// judge explains err, of an attempt that stored nothing, and reports whether
// to make another.
func judge(ctx context.Context, s *session, engine Engine, err error) (again bool, explained error) {
	again = ctx.Err() == nil && (IsTransient(err) || s.pooled && isLost(err))
	return again, explain(ctx, engine, err)
}

// isLost reports whether err says that the connection is gone. Domain errors
// are not looked into: the network failure in them may be of something else.
func isLost(err error) bool {
	f, ok := search(err, annotated)
	return ok && f.lost
}

// explain classifies err and adds what the handle and the context know.
func explain(ctx context.Context, engine Engine, err error) error {
	err = Classify(err)
	e, ok := err.(*Error) //nolint:errorlint // what wraps an *Error stays as it is
	if !ok {
		return err
	}
	c := *e
	if c.Engine == "" || c.Engine == MySQL && engine == MariaDB {
		c.Engine = engine
	}
	cause := ctx.Err()
	if cause == nil || !c.Kind.yieldsToContext() && c.Kind != KindTransient {
		return &c
	}
	if !errors.Is(c.Err, cause) {
		c.Err = fmt.Errorf("%w: %w", cause, c.Err)
	}
	c.Kind = KindCanceled
	if errors.Is(cause, context.DeadlineExceeded) {
		c.Kind = KindTimeout
	}
	c.Remedy = c.Kind.remedy()
	return &c
}

// pause waits before the attempt after this one: up to twice as long each
// time, by a random share of it, so that those who collided part. It reports
// false when ctx ends first.
func pause(ctx context.Context, attempt int) bool {
	limit := min(firstBackoff<<(attempt-1), lastBackoff)
	timer := time.NewTimer(rand.N(limit) + time.Microsecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}
