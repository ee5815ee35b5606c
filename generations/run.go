package generations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// RunParams describe a generation from order to completion.
type RunParams struct {
	// Charge orders it at a known price, as [ChargeGeneration] does; Hold at a price
	// known afterwards, as [HoldGeneration] does. Exactly one of them is required.
	Charge *ChargeParams
	Hold   *HoldParams
	// Make calls the provider, and is required. It is called at most once per
	// generation, outside any transaction. If it returns an error, the generation
	// fails with the error's text as its message.
	Make func(ctx context.Context, g *Generation) (*Made, error)
	// Timeout ends the context of Make; 0 means [DefaultRunTimeout]. FailStuck has to
	// wait for longer.
	Timeout time.Duration
	// Detached lets Make continue when ctx ends, as when the client disconnects: the
	// result is stored and paid for, and the client gets it by repeating the call
	// later. Otherwise Make's context ends with ctx.
	Detached bool
}

// DefaultRunTimeout is how long [Run] waits for a provider by default.
const DefaultRunTimeout = 10 * time.Minute

// Made is what a provider made.
type Made struct {
	// ResultURLs are as in CompleteParams.
	ResultURLs []string
	// Cost and Free are as in SettleParams, for a generation that holds credits; for
	// example, what was streamed until the client went away. Others already have
	// their price.
	Cost int64
	Free bool
	// Metadata is as in SettleParams.
	Metadata map[string]any
}

// Run orders a generation, has it made and finishes it: charge or hold, [Start],
// Make, then [Complete] or [Settle], or else [Fail] with the credits returned. Make
// runs outside any transaction. While it runs, a hold is extended so that it does not
// time out.
//
// With a Key or GenID that was used before for the same order, Make is not called
// again. A completed generation is returned as a replay. One that is being made by
// another call, or was when its process died, is a *RunningError; FailStuck returns
// its credits. One that has failed is a *StateError.
//
// What was ordered is started and ended even if ctx ends in between: credits do not
// stay taken for a caller that has gone. If ctx has ended before Make was called, and
// Detached is not set, the generation fails without calling it. The outcome is written
// with retries for half a minute while the database does not answer, has no connection
// left, or has a row locked. If that fails, the generation stays processing, and the
// result is lost unless the caller calls Complete or Settle with what Make returned.
// If it could not be started, it stays pending, and the same call goes on with it.
//
// A Cost above what is held is settled at what is held, and the *credits.ExceedsError is
// returned with the completed generation.
//
// If Make panics, the generation is failed and the panic continues.
//
// Errors: those of ChargeGeneration or HoldGeneration, after which nothing is written
// and Make is not called; *InvalidError also for Charge, Hold, Make and Timeout;
// *RunningError; *StateError; what Make returned, after which the credits are back;
// and those of Complete, Settle and Fail, after which the Result has the generation
// as far as it got.
func Run(ctx context.Context, db *bun.DB, p RunParams) (*Result, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	ordered, err := p.order(ctx, db)
	if err != nil {
		return nil, err
	}
	started, err := startPaid(ctx, db, ordered.Generation.GenID)
	if state, ok := errors.AsType[*StateError](err); ok {
		return ended(ctx, db, ordered, state)
	}
	if err != nil {
		return ordered, err
	}
	r := run{RunParams: p, db: db, g: started.Generation}
	if started.Replayed {
		return ordered, &RunningError{GenID: r.g.GenID, StartedAt: r.g.StartedAt}
	}
	return r.make(ctx)
}

// startPaid starts what was paid for, although the caller may have gone since: a
// generation that is only pending would keep the credits until FailStuck finds it.
func startPaid(ctx context.Context, db *bun.DB, genID string) (*Result, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancel()
	return Start(ctx, db, StartParams{GenID: genID})
}

// ended is the answer of a call whose generation another one has ended.
func ended(ctx context.Context, db *bun.DB, ordered *Result, state *StateError) (result *Result, err error) {
	ordered.Replayed = true
	if ordered.Generation.Status != state.From { // it ended since the order was read
		if ordered.Generation, err = Get(ctx, db, GetParams{GenID: state.GenID}); err != nil {
			return nil, err
		}
	}
	if state.From == StatusCompleted {
		return ordered, nil
	}
	return ordered, state
}

func (p *RunParams) check() error {
	switch {
	case p.Charge == nil && p.Hold == nil:
		return valid.Failf("Charge", "required, unless Hold is set")
	case p.Charge != nil && p.Hold != nil:
		return valid.Failf("Hold", "set together with Charge")
	case p.Make == nil:
		return valid.Failf("Make", "required")
	case p.Timeout < 0:
		return valid.Failf("Timeout", "negative")
	}
	return nil
}

func (p *RunParams) order(ctx context.Context, db *bun.DB) (*Result, error) {
	if p.Hold != nil {
		return HoldGeneration(ctx, db, *p.Hold)
	}
	return ChargeGeneration(ctx, db, *p.Charge)
}

// RunningError says that another call is making the generation, or was doing so
// when its process died. Nothing was written.
type RunningError struct {
	GenID string
	// StartedAt is when that call started, UTC.
	StartedAt time.Time
}

func (e *RunningError) Error() string {
	return fmt.Sprintf("generation %q is being made since %s", e.GenID, e.StartedAt.UTC().Format(time.RFC3339))
}

// Is matches ErrRunning.
func (e *RunningError) Is(target error) bool { return target == ErrRunning }

// ErrRunning matches every *RunningError.
var ErrRunning = errors.New("generation is being made")
