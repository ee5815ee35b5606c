package generations

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// HoldParams describe a generation whose cost is known only afterwards.
type HoldParams struct {
	// UserUUID is who pays, required.
	UserUUID string
	// AIType, Provider, Model and Prompt are required; see ChargeParams.
	AIType   AIType
	Provider string
	Model    string
	Prompt   string
	// MaxCost is how many credits to hold, the most that the generation can cost; 0
	// means the listed price. If that is also 0, nothing is held, and Settle accepts
	// only Free.
	MaxCost int64
	// Timeout is when the credits are released automatically; 0 means after an
	// hour. [Extend] moves it.
	Timeout time.Duration
	// Prices, RequireProvider, GenID, Key, Metadata and At are as in
	// ChargeParams.
	Prices          PriceList
	RequireProvider bool
	GenID           string
	Key             string
	Metadata        map[string]any
	At              time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// HoldGeneration holds the maximum that a generation can cost and records it as
// pending, in one transaction. [Settle] charges the actual cost and completes
// it, [Fail] returns the credits, and [Extend] prolongs the hold.
//
// Replays are as with [ChargeGeneration]; their Operation is the original hold.
//
// Errors: those of ChargeGeneration; *InvalidError also for Timeout.
func HoldGeneration(ctx context.Context, db bun.IDB, p HoldParams) (*Result, error) {
	return order{hold: true, timeout: p.Timeout, ChargeParams: ChargeParams{
		UserUUID: p.UserUUID, AIType: p.AIType, Provider: p.Provider, Model: p.Model, Prompt: p.Prompt,
		Cost: p.MaxCost, Prices: p.Prices, RequireProvider: p.RequireProvider,
		GenID: p.GenID, Key: p.Key, Metadata: p.Metadata, At: p.At, MaxAhead: p.MaxAhead,
	}}.place(ctx, db)
}

// held reports whether g has credits to settle.
func (g *Generation) held() bool { return g.HoldKey != "" && g.ChargeKey == "" }

// ExtendParams name a generation that takes longer.
type ExtendParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// Timeout counts from At; 0 means an hour.
	Timeout time.Duration
	// At is when; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Extend prolongs the hold on a generation's credits to Timeout after At, if
// that is later. It also counts as activity, so that [FailStuck] leaves the
// generation alone: call it periodically while a provider streams.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *HeldError when it holds no credits, *StateError when it is
// completed or failed, *credits.HoldEndedError when the hold has timed out, and
// *dialect.Error when the engine fails.
func Extend(ctx context.Context, db bun.IDB, p ExtendParams) (*Result, error) {
	name := GetParams{GenID: p.GenID, UserUUID: p.UserUUID}
	at, atErr := valid.Time("At", p.At)
	if err := valid.First(name.check(), atErr); err != nil {
		return nil, err
	}
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		g, err := name.lock(ctx, tx)
		switch {
		case err != nil:
			return err
		case !slices.Contains(unsettled(), g.Status):
			return &StateError{GenID: g.GenID, From: g.Status, To: StatusProcessing}
		case !g.held():
			return &HeldError{GenID: g.GenID}
		}
		op, err := credits.Extend(ctx, tx, credits.ExtendParams{
			UserUUID: g.UserUUID, HoldKey: g.HoldKey, Timeout: p.Timeout, At: at, MaxAhead: p.MaxAhead,
		})
		if op, err = unlessFree(g.free(), op, err); err != nil {
			return err
		}
		if g.UpdatedAt.Before(at) {
			g.UpdatedAt = at
		}
		result = &Result{Generation: g, Operation: op}
		return update(ctx, tx, g, g.Status)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
