package generations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// How long the end of a generation is tried to be written, and how long it is waited
// between.
const (
	endLimit = 30 * time.Second
	endPause = 200 * time.Millisecond
)

// run is a generation that this call makes.
type run struct {
	RunParams
	db *bun.DB
	g  *Generation
	// over says that Make made more than was held for it.
	over error
}

// make has the generation made and ends it. It ends it also when Make panics, or ends
// its goroutine.
func (r *run) make(ctx context.Context) (*Result, error) {
	returned := false
	defer func() {
		if !returned { // the panic is what the caller has to see
			_, _ = r.end(ctx, nil, errors.New("the call that made it panicked"))
		}
	}()
	makeCtx := ctx
	if r.Detached {
		makeCtx = context.WithoutCancel(ctx)
	}
	timeout := r.Timeout
	if timeout == 0 {
		timeout = DefaultRunTimeout
	}
	makeCtx, cancel := context.WithTimeout(makeCtx, timeout)
	defer cancel()
	made, err := r.ask(makeCtx)
	returned = true
	switch {
	case err == nil && made == nil:
		err = errors.New("neither a result nor an error was returned by Make")
	case made != nil:
		made = new(*made) // it is changed where it costs too much
	}
	result, endErr := r.end(ctx, made, err)
	return result, errors.Join(err, endErr, r.over)
}

// ask calls Make, unless there is nobody left to make it for.
func (r *run) ask(ctx context.Context) (*Made, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer r.keep(ctx)()
	return r.Make(ctx, r.g)
}

// keep extends what is held until the function that it returns is called.
func (r *run) keep(ctx context.Context) (stop func()) {
	if r.Hold == nil {
		return func() {}
	}
	timeout := r.Hold.Timeout
	if timeout == 0 {
		timeout = credits.DefaultHoldTimeout
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(max(timeout/3, time.Second))
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				// A hold that could not be extended is tried again, and a cost whose
				// hold has timed out is charged by Settle.
				_, _ = Extend(ctx, r.db, ExtendParams{GenID: r.g.GenID, Timeout: timeout})
			}
		}
	}()
	return func() { cancel(); <-done }
}

// end writes how the generation ended, whatever became of the caller's context, and
// tries for a while where the database does not answer: every verb is a replay when
// the one before was stored after all.
func (r *run) end(ctx context.Context, made *Made, failure error) (*Result, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancel()
	for pause := endPause; ; pause *= 2 {
		result, err := r.endOnce(ctx, made, failure)
		if err == nil {
			return result, nil
		}
		if !passes(err) {
			return &Result{Generation: r.g}, fmt.Errorf("the generation's end was not written: %w", err)
		}
		select {
		case <-ctx.Done():
			return &Result{Generation: r.g}, fmt.Errorf("the generation's end was not written: %w", err)
		case <-time.After(pause):
		}
	}
}

// passes reports whether the same call may succeed a little later.
func passes(err error) bool {
	for _, passing := range []error{
		dialect.ErrUnavailable, dialect.ErrTooManyConnections, dialect.ErrTransient, dialect.ErrTimeout, dialect.ErrOutcomeUnknown,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

func (r *run) endOnce(ctx context.Context, made *Made, failure error) (*Result, error) {
	switch {
	case failure != nil:
		return Fail(ctx, r.db, FailParams{GenID: r.g.GenID, Message: failure.Error()})
	case r.Hold != nil:
		return r.settle(ctx, made)
	}
	return Complete(ctx, r.db, CompleteParams{GenID: r.g.GenID, ResultURLs: made.ResultURLs})
}

// settle takes the cost, or all that is held where that is less: what was streamed beyond it
// was delivered all the same, and a generation that stayed open would be free in the end.
// made is Run's own.
func (r *run) settle(ctx context.Context, made *Made) (*Result, error) {
	result, err := Settle(ctx, r.db, SettleParams{
		GenID: r.g.GenID, Cost: made.Cost, Free: made.Free, ResultURLs: made.ResultURLs, Metadata: made.Metadata,
	})
	over, ok := errors.AsType[*credits.ExceedsError](err)
	if !ok || over.Left <= 0 || r.over != nil {
		return result, err
	}
	r.over, made.Cost = over, over.Left // also for the attempts that may follow
	return r.settle(ctx, made)
}
