package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// keepMore gives the customer what renewals would have kept of the order's credits, had it
// been known in time how many these are: their payment is told late, or money comes back
// that had been given back. The order's credits are granted anew, with the time of the latest
// renewal, and that renewal's, too, so that later ones find them where they look.
//
// Nothing is kept where a renewal kept its maximum, where all has expired, or where what came
// back is still there (carriedOn.lives). The order is changed, and the caller writes it.
// among are orders that the caller has at hand, which may include the renewal.
func (o *Order) keepMore(ctx context.Context, tx bun.Tx, on *carriedOn, at time.Time, ahead time.Duration, among ...*Order) error {
	net := o.Credits - o.RefundedCredits
	if on == nil || net <= on.net {
		return nil
	}
	if on.lives && net <= o.inLedger() {
		return o.keepAlive(ctx, tx, on, net, at, among...)
	}
	most, last, err := o.most(ctx, tx, on)
	if err != nil {
		return err
	}
	if net = min(net, most); net <= on.net {
		return nil
	}
	if last, err = last.lockedAmong(ctx, tx, among); err != nil {
		return err
	}
	over, err := o.expired(ctx, tx, last.CreditsExpireAt, at)
	if err != nil || over {
		return err
	}
	r := regranting{at: at, ahead: ahead}
	r.take(o)
	r.take(last)
	kept := ""
	if last.granted() {
		kept = last.grantKey()
	}
	o.note(net)
	o.CreditsExpireAt = last.CreditsExpireAt
	if err := r.grant(ctx, tx, o, kept); err != nil {
		return err
	}
	if kept != "" {
		if err := r.grant(ctx, tx, last, o.grantKey()); err != nil {
			return err
		}
	}
	if err := r.post(ctx, tx); err != nil {
		return err
	}
	last.UpdatedAt = at
	return update(ctx, tx, last)
}

// keepAlive notes that the grant has so many credits again. They came back to what was not
// kept, which has not expired: when it has, no renewal has to make up for them.
func (o *Order) keepAlive(ctx context.Context, tx bun.Tx, on *carriedOn, net int64, at time.Time, among ...*Order) error {
	by, err := on.by.lockedAmong(ctx, tx, among)
	if err != nil {
		return err
	}
	by.CarriedNet, by.UpdatedAt = &net, at
	return update(ctx, tx, by)
}
