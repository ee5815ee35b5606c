package orders

import (
	"context"

	"github.com/uptrace/bun"
)

// moveTrial makes the credits of a trial that was extended end with it. The row has the
// end that was stated last. One that is cut short ends with the payment that does, or
// with the subscription. The first order is locked.
func (p SyncSubscriptionParams) moveTrial(ctx context.Context, tx bun.Tx, first *Order, row *Subscription) error {
	seen, err := byRenewalKey(ctx, tx, trialKey(p.SubID))
	if err != nil || seen == nil {
		return err
	}
	o, err := lockOrder(ctx, tx, seen.UserUUID, seen.OrderNo)
	if err != nil {
		return err
	}
	longer := row.TrialEnd.After(o.PeriodEnd.Add(regrantOver))
	if !longer || first.wasPaid() || !o.granted() || o.MovedCredits > 0 || !o.CreditsExpireAt.Equal(o.PeriodEnd) {
		return nil
	}
	if cut, err := o.cutShort(ctx, tx, first); err != nil || cut {
		return err
	}
	o.PeriodEnd, o.UpdatedAt = row.TrialEnd, p.At
	if err := o.regrant(ctx, tx, o.Credits, row.TrialEnd, p.At, p.MaxAhead); err != nil {
		return err
	}
	return update(ctx, tx, o)
}
