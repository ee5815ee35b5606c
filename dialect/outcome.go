package dialect

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// Alone runs fn on a connection from db's pool. fn sends one statement, or one
// packet of statements, that is a transaction by itself. Nothing is retried,
// since what fn sent may have been performed.
//
// Errors: those of [InTx]: one that matches [ErrOutcomeUnknown] may have
// been performed or may still be, any other one was not. After an error the
// connection holds no open transaction.
func Alone(ctx context.Context, db *bun.DB, fn func(ctx context.Context, conn *sql.Conn) error) error {
	caps := Of(db)
	conn, err := db.DB.Conn(ctx)
	if err != nil {
		return explain(ctx, caps.Engine, err)
	}
	s := &session{engine: caps.Engine, foreign: caps.Foreign, conn: conn, pooled: true}
	defer s.end(ctx)
	if err = fn(ctx, conn); err == nil {
		return nil
	}
	s.clean(ctx)
	if outcomeUnknown(err, caps.Foreign) {
		return unknown(ctx, caps.Engine, err)
	}
	return explain(ctx, caps.Engine, err)
}

// Unanswered is for the packages of the drivers. It returns err, of a COMMIT, as it is
// when that says whether the work is stored, and otherwise as an *Error that
// matches [ErrOutcomeUnknown].
func Unanswered(ctx context.Context, engine Engine, err error) error {
	if err == nil || !outcomeUnknown(err, false) {
		return err
	}
	return unknown(ctx, engine, err)
}

// Unsettled is the error of a call whose first attempt ended with lost, of
// which the outcome is not known, and whose second one then failed with later:
// the first may still be performed, so that later is no answer. It matches
// [ErrOutcomeUnknown] and what the connection or the context did, and nothing
// that a domain says.
func Unsettled(lost, later error) error {
	told, ok := errors.AsType[*Error](later)
	if !ok {
		told, _ = errors.AsType[*Error](lost)
	}
	e := *told
	if !ok {
		e.Err = fmt.Errorf("%w; without it the call is refused: %v", told.Err, later) //nolint:errorlint // not to be matched
	}
	e.OutcomeUnknown, e.Remedy = true, remedyOutcome
	return &e
}

// outcomeUnknown reports whether what failed with err, a COMMIT or a statement
// that commits by itself, may have been done. It was not when it was never
// sent, or when the server refused it.
//
// Drivers' own words count only on handles whose drivers are wrapped in our
// packages, so that a bare driver.ErrBadConn or error of the context says that
// nothing was sent. Elsewhere they prove nothing: pgx 5.12 says "conn closed",
// safe to retry, when the connection breaks after a simple-protocol statement
// went out, and a bare context.Canceled when it is canceled during one; lib/pq
// turns an EOF into ErrBadConn.
func outcomeUnknown(err error, foreign bool) bool {
	// Bare only: wrapped, they say something else.
	if slices.Contains([]error{sql.ErrTxDone, sql.ErrConnDone}, err) {
		return false
	}
	if slices.Contains([]error{driver.ErrBadConn, context.Canceled, context.DeadlineExceeded}, err) {
		return foreign
	}
	if err.Error() == "bad connection" || contextWasDone(err) { // go-sql-driver's, unwrapped: not a byte was written
		return false
	}
	f, ok := search(err, everything)
	switch {
	case !ok:
		return true
	case f.typed != nil && f.typed.OutcomeUnknown:
		return true
	case f.code == "40003", f.code == "08007", f.code == "8501": // the engine itself does not know
		return true
	case f.code != "", f.kind == KindOther: // refused, or rolled back
		return f.lost
	}
	return f.kind != KindClosed
}

// contextWasDone reports whether pgx found the context done before it sent
// anything.
func contextWasDone(err error) bool {
	unsent, ok := errors.AsType[interface {
		error
		SafeToRetry() bool
	}](err)
	return ok && unsent.SafeToRetry() &&
		(errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}

// unknown explains the error of what may have been done.
func unknown(ctx context.Context, engine Engine, err error) error {
	e, ok := explain(ctx, engine, err).(*Error) //nolint:errorlint // unwrapped, from Classify
	if !ok {
		e = &Error{Engine: engine, Err: err}
	}
	if e.Kind != KindCanceled && e.Kind != KindTimeout {
		e.Kind = KindUnavailable
	}
	e.OutcomeUnknown, e.Remedy = true, remedyOutcome
	return e
}
