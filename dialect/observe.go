package dialect

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// Observer is notified of what the library does with a handle, for metrics, logs and
// alerts. (Queries are seen by bun's query hooks.) It is part of the handle's
// [Capabilities]. Package telemetry has one for OpenTelemetry.
//
// It receives no literals of statements, but the text of errors may contain account
// IDs: do not publish that. It must be safe for concurrent use and must not use the
// handle.
type Observer interface {
	// Attempt is called after each failed attempt of a transaction of [InTx].
	Attempt(ctx context.Context, a Attempt)
	// Operation is called after each operation of the ledger, including those that
	// other verbs perform. In a caller's transaction it is called before that ends,
	// and the operation may still be rolled back.
	Operation(ctx context.Context, o Observed)
}

// Attempt is one failed attempt of a transaction.
type Attempt struct {
	Engine Engine
	// Kind is the failure; KindOther for what fn returned that is not an engine's.
	Kind Kind
	// Again is true when another attempt follows.
	Again bool
	// OutcomeUnknown is true when the work may be stored all the same.
	OutcomeUnknown bool
	// Number counts the attempts of a call from 1, and Took is how long this one lasted.
	Number int
	Took   time.Duration
}

// Outcome is how an operation of the ledger ended.
type Outcome string

// The outcomes of an operation.
const (
	OutcomeDone     Outcome = "done"
	OutcomeReplayed Outcome = "replayed"
	// OutcomeRefused is an ordinary refusal, such as too few credits.
	OutcomeRefused Outcome = "refused"
	// OutcomeFailed is a failure of the database, after which nothing is stored.
	OutcomeFailed Outcome = "failed"
	// OutcomeUnknown is a failure after which the operation may be stored.
	OutcomeUnknown Outcome = "unknown"
)

// Observed is one operation of the ledger.
type Observed struct {
	Engine Engine
	// Verb is the operation's verb, such as "charge" or "grant"; empty for params
	// that were refused at once.
	Verb    string
	Outcome Outcome
	// Reason is a word from a small, fixed set that says why it was refused or
	// failed, such as "insufficient".
	Reason string
	// Credits is the operation's amount, if it was done.
	Credits int64
	// Took is how long the call lasted, including operations posted with it.
	Took time.Duration
	Err  error
}

// WithObserver returns bun's dialect d, of a handle that a team opens itself, with an
// observer. What else is known of the handle stays; see [Describe].
//
//	db := bun.NewDB(sqldb, dialect.WithObserver(pgdialect.New(), observer))
func WithObserver(d schema.Dialect, o Observer) schema.Dialect {
	c := OfDialect(d)
	c.Observer = o
	return described{Dialect: d, capabilities: c}
}

// observeAttempt tells the handle's observer of an attempt that failed.
func observeAttempt(ctx context.Context, db bun.IDB, began time.Time, number int, err error, again bool) {
	caps := Of(db)
	if caps.Observer == nil {
		return
	}
	a := Attempt{
		Engine: caps.Engine, Again: again, OutcomeUnknown: errors.Is(err, ErrOutcomeUnknown), Number: number, Took: time.Since(began),
	}
	if failure, ok := errors.AsType[*Error](err); ok {
		a.Kind = failure.Kind
	}
	caps.Observer.Attempt(ctx, a)
}
