package generations

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Limits of FailStuck.
const (
	// DefaultStuckLimit is the default size of a batch.
	DefaultStuckLimit = 100
	// MaxStuckLimit is the largest batch.
	MaxStuckLimit = 1000
)

// errActive says that a generation was updated after it was found.
var errActive = errors.New("generation is active")

// FailStuckParams say which generations count as stuck.
type FailStuckParams struct {
	// OlderThan is how long ago a generation was last ordered, started or
	// extended. It is required, and should be well above the longest time that
	// a provider takes.
	OlderThan time.Duration
	// Status is StatusPending or StatusProcessing; empty means both.
	Status Status
	// Message is stored as the error; the default says that there was no result
	// in time.
	Message string
	// Cursor is the Next of the batch before, empty for the first one.
	Cursor string
	// Limit is the size of the batch, 1 to 1,000; 0 means 100.
	Limit int
	// At is when; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// FailStuckResult is the result of a batch.
type FailStuckResult struct {
	// Failed are those that were failed.
	Failed []Generation `json:"failed,omitempty"`
	// Credits is how many credits went back to users.
	Credits int64 `json:"credits"`
	// Skipped is how many were completed, settled, extended or failed in the
	// meantime.
	Skipped int `json:"skipped"`
	// Refused are those that could not be failed because the ledger lacks the
	// charge or another transaction keeps a row locked. They are unchanged, and
	// do not hold up others.
	Refused []StuckError `json:"refused,omitempty"`
	// Next is the cursor of the next batch, empty when there is none.
	Next string `json:"next,omitempty"`
}

// StuckError says why a generation could not be failed.
type StuckError struct {
	GenID string
	Err   error
}

func (e StuckError) Error() string {
	return "generation " + shown.Text(e.GenID) + ": " + shown.Line(e.Err.Error())
}

// Unwrap returns the reason.
func (e StuckError) Unwrap() error { return e.Err }

// MarshalJSON writes the generation and the error's text.
func (e StuckError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		GenID string `json:"gen_id"`
		Error string `json:"error"`
	}{e.GenID, e.Error()})
}

// FailStuck finds generations that have been pending or processing for too long
// and fails them, as [Fail] does, returning their credits. It processes one
// batch, newest first: call it with Next as Cursor until Next is empty.
//
// Any number of calls may run concurrently with each other and with every other verb:
// each generation is checked again under its lock and failed once. With a *bun.DB
// each is handled in its own transaction, within a caller's transaction in a
// savepoint. Rows without any time, which other programs may have written, are never
// stuck.
//
// Errors: *InvalidError for a field of p; *credits.ClockError when At is too far
// ahead of the database's clock; *list.RowError for a row that another program wrote
// and that cannot be listed. When the engine fails as a whole, the *dialect.Error is
// returned together with the result so far.
func FailStuck(ctx context.Context, db bun.IDB, p FailStuckParams) (*FailStuckResult, error) {
	at, err := valid.Time("At", p.At)
	if err := valid.First(p.check(), err); err != nil {
		return nil, err
	}
	if err := credits.CheckTime(ctx, db, credits.CheckTimeParams{At: at, MaxAhead: p.MaxAhead}); err != nil {
		return nil, err // else what is alive would look stuck
	}
	statuses := unsettled()
	if p.Status != "" {
		statuses = []Status{p.Status}
	}
	cutoff := at.Add(-p.OlderThan)
	found, err := stuckPage(statuses, cutoff).Read(ctx, db, p.Cursor, p.Limit)
	if err != nil {
		return nil, err
	}
	result := &FailStuckResult{Next: found.Next}
	for _, g := range found.Items {
		var done *Result
		err := rows.Briefly(ctx, db, func(ctx context.Context, tx bun.Tx) (err error) {
			done, err = p.fail(ctx, tx, GetParams{GenID: g.GenID, UserUUID: g.UserUUID}, at, statuses, cutoff)
			return err
		})
		if err != nil && !rows.OneItem(ctx, db, err) {
			return result, dialect.Classify(err)
		}
		result.add(g.GenID, done, err)
	}
	return result, nil
}

// unsettled are the statuses that are not final, and can get stuck.
func unsettled() []Status { return []Status{StatusPending, StatusProcessing} }

func (p FailStuckParams) check() error {
	if p.OlderThan <= 0 {
		return valid.Failf("OlderThan", "%v is not positive", p.OlderThan)
	}
	if p.Status != "" && !slices.Contains(unsettled(), p.Status) {
		return valid.Failf("Status", "not pending or processing")
	}
	return nil
}

// stuckPage lists the generations without activity since cutoff.
func stuckPage(statuses []Status, cutoff time.Time) page.List[Generation] {
	return page.List[Generation]{
		Scope:  "generations/stuck",
		Column: "created_at",
		Where: func(q *bun.SelectQuery) *bun.SelectQuery {
			caps := dialect.OfDialect(q.DB().Dialect())
			last := moment.Column(caps, "COALESCE(?TableAlias.updated_at, ?TableAlias.started_at, ?TableAlias.created_at)")
			return q.Where("?TableAlias.status IN (?)", bun.List(statuses)).Where(last+" <= ?", cutoff)
		},
		Place:   func(g *Generation) (time.Time, int64) { return g.CreatedAt, g.ID },
		Default: DefaultStuckLimit, Max: MaxStuckLimit,
	}
}

// fail fails a generation if, under its lock, it is stuck still.
func (p FailStuckParams) fail(
	ctx context.Context, db bun.IDB, one GetParams, at time.Time, statuses []Status, cutoff time.Time,
) (*Result, error) {
	message := p.Message
	if strings.TrimSpace(message) == "" {
		message = "no result in time"
	}
	return move(ctx, db, one, at, step{
		to:   StatusFailed,
		from: statuses,
		done: func(*Generation) bool { return true },
		apply: func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			if g.lastSign().After(cutoff) {
				return nil, errActive
			}
			if err := g.findCharge(ctx, tx, "", false); err != nil {
				return nil, err
			}
			g.ErrorMessage, g.CompletedAt = valid.Storable(message), at
			return giveBack(ctx, tx, g, at, p.MaxAhead)
		},
		replay: func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			return gaveBack(ctx, tx, g, at, p.MaxAhead)
		},
		part: credits.PartRefund,
	})
}

// lastSign is the latest of what a generation's row tells of its life.
func (g *Generation) lastSign() time.Time {
	switch {
	case !g.UpdatedAt.IsZero():
		return g.UpdatedAt
	case !g.StartedAt.IsZero():
		return g.StartedAt
	}
	return g.CreatedAt
}

func (r *FailStuckResult) add(genID string, done *Result, err error) {
	switch {
	case errors.Is(err, errActive), errors.Is(err, ErrState), errors.Is(err, ErrNotFound), err == nil && done.Replayed:
		r.Skipped++
	case err != nil:
		r.Refused = append(r.Refused, StuckError{GenID: genID, Err: err})
	default:
		r.Failed = append(r.Failed, *done.Generation)
		if done.Operation != nil {
			r.Credits += done.Operation.Amount
		}
	}
}
