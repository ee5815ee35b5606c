package events

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultPollEvery is how often [Run] polls the outbox.
const DefaultPollEvery = time.Second

// RunParams are those of [Deliver], and how often to deliver.
type RunParams struct {
	DeliverParams
	// PollEvery is how often the outbox is looked at, one read of an index; a second by
	// default.
	PollEvery time.Duration
	// Wake has it look at once, whenever something is sent: by whoever has just
	// committed, or listens to what another process says. It may be nil.
	Wake <-chan struct{}
	// OnResult is told of each look that found something. It may be nil.
	OnResult func(DeliverResult)
	// Logger is told of failures; slog.Default() by default.
	Logger *slog.Logger
}

// Run delivers events until ctx ends. Any number of processes may run it at the same
// time. If the database fails, it continues later.
//
// Errors: *InvalidError for a field of p, before anything is done. The end of ctx is
// not an error.
func Run(ctx context.Context, db *bun.DB, p RunParams) error {
	if _, err := p.withDefaults(); err != nil {
		return err
	}
	if p.PollEvery < 0 {
		return valid.Failf("PollEvery", "%v is negative", p.PollEvery)
	}
	if p.PollEvery == 0 {
		p.PollEvery = DefaultPollEvery
	}
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	for {
		p.once(ctx, db)
		// Processes that start together do not stay so.
		timer := time.NewTimer(time.Duration(float64(p.PollEvery) * (0.9 + 0.2*rand.Float64())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-p.Wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

func (p RunParams) once(ctx context.Context, db *bun.DB) {
	done, err := Deliver(ctx, db, p.DeliverParams)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		p.Logger.Error("events: failed, and tried again later", slog.String("error", err.Error()))
	}
	if done == nil || *done == (DeliverResult{}) {
		return
	}
	if done.Failed > 0 || done.Parked > 0 {
		p.Logger.Warn("events: the handler failed", slog.Int64("failed", done.Failed), slog.Int64("parked", done.Parked))
	}
	if p.OnResult != nil {
		p.OnResult(*done)
	}
}
