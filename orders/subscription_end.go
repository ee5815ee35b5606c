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
	// SubID is the provider's ID of the subscription, required.
	SubID string
	// At is when it ended; zero means now.
	At time.Time
}

// EndSubscription records on a subscription's row and on its first order that it was
// cancelled and when it ended. Credits of the paid period stay until that period
// ends, and no order changes its status. A subscription that has already ended is
// returned as a replay, with the end recorded first.
//
// Errors: *InvalidError for a field of p, *NotFoundError when no order has the
// SubID, and *dialect.Error when the engine fails.
func EndSubscription(ctx context.Context, db bun.IDB, p EndSubscriptionParams) (*Result, error) {
	at, atErr := valid.Time("At", p.At)
	if err := valid.First(valid.Key("SubID", p.SubID, maxSubID), atErr); err != nil {
		return nil, err
	}
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		first, err := originOf(ctx, tx, "", p.SubID, "")
		if err != nil {
			return err
		}
		if !first.PayType.Valid() { // another program's, without a row
			result, err = first.end(ctx, tx, at)
			return err
		}
		result, err = SyncSubscriptionParams{
			Provider: first.PayType, SubID: p.SubID, Status: SubCancelled, EndedAt: at, At: at,
		}.sync(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// end records when a subscription ended only on its first order.
func (o *Order) end(ctx context.Context, tx bun.Tx, at time.Time) (*Result, error) {
	result := &Result{Order: o, Replayed: !o.SubEndedAt.IsZero()}
	if result.Replayed {
		return result, nil
	}
	o.SubEndedAt, o.UpdatedAt = at, at
	return result, update(ctx, tx, o)
}
