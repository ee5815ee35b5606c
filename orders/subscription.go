package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// EndSubscriptionParams name a subscription that ended.
type EndSubscriptionParams struct {
	// SubID is the provider's subscription, required.
	SubID string
	// At is when it ended; zero means now.
	At time.Time
}

// EndSubscription notes on a subscription's first order when it ended. The
// credits of the period that is paid stay until it ends, and no order changes
// its status. One that has ended already is returned as a replay, with the end
// that was noted first.
//
// It returns *InvalidError for a field of p, ErrNotFound when no order has the
// SubID, and *dialect.Error when the engine fails.
func EndSubscription(ctx context.Context, db bun.IDB, p EndSubscriptionParams) (*Result, error) {
	at, atErr := valid.Time("At", p.At)
	if err := valid.First(valid.Key("SubID", p.SubID, maxSubID), atErr); err != nil {
		return nil, err
	}
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		first, err := GetParams{SubID: p.SubID}.lock(ctx, tx)
		if err != nil {
			return err
		}
		result = &Result{Order: first, Replayed: !first.SubEndedAt.IsZero()}
		if result.Replayed {
			return nil
		}
		first.SubEndedAt, first.UpdatedAt = at, at
		return update(ctx, tx, first)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
