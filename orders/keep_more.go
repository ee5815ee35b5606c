package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// keepMore gives the customer what renewals would have kept of the order's credits, had it
// been known in time how many these are: their payment is told late, or money comes back
// that had been given back. The order's credits are granted anew, with the time of the latest
// renewal, and that renewal's, too, so that later ones find them where they look. Where a
// shorter period follows that ends before such a renewal does, they stay with the renewal: no
// later one looks there.
//
// Nothing is kept where a renewal kept its maximum, where all has expired, or where what came
// back is still there. What is granted first while the order's credits still live
// (carriedOn.lives) lives as long, and the renewal keeps its part of that. The order is changed,
// and the caller writes it. among are orders that the caller has at hand, which may include
// the renewal.
func (o *Order) keepMore(ctx context.Context, tx bun.Tx, on *carriedOn, at time.Time, ahead time.Duration, among ...*Order) error {
	net := o.Credits - o.RefundedCredits
	if on == nil || net <= on.net {
		return nil
	}
	if on.lives && !on.late && net <= o.inLedger() {
		return on.counts(ctx, tx, net, at, among...) // when it has expired, no renewal has to make up for it
	}
	c, err := o.chain(ctx, tx, on)
	if err != nil {
		return err
	}
	if net = min(net, c.most); !c.lives && net <= on.net {
		return nil
	}
	if c.last, err = c.last.lockedAmong(ctx, tx, among); err != nil {
		return err
	}
	over, err := o.expired(ctx, tx, c.last.CreditsExpireAt, at)
	if err != nil || over {
		return err
	}
	if !c.lives {
		lost, err := o.notKept(ctx, tx, on, at)
		if err != nil {
			return err
		}
		if net -= lost; lost > 0 {
			if err := on.counts(ctx, tx, on.before-lost, at, append(among, c.last)...); err != nil {
				return err
			}
		}
	}
	r := regranting{at: at, ahead: ahead, alone: c.outlives}
	return c.grant(ctx, tx, &r, o, net)
}

// grant grants the order's credits anew, so many of them where they do not live, and those of the
// last renewal.
func (c *chain) grant(ctx context.Context, tx bun.Tx, r *regranting, o *Order, net int64) error {
	r.take(o)
	kept, keeps := "", int64(valid.MaxAmount)
	if !c.outlives {
		r.take(c.last)
		if c.last.granted() {
			kept = c.last.grantKey()
		}
	}
	if c.lives {
		o.Granted, keeps = 0, c.last.CarryOver
	} else {
		o.note(net)
		o.CreditsExpireAt = c.last.CreditsExpireAt
	}
	if err := r.grant(ctx, tx, o, kept, valid.MaxAmount); err != nil {
		return err
	}
	if kept != "" {
		if err := r.grant(ctx, tx, c.last, o.grantKey(), keeps); err != nil {
			return err
		}
	}
	if err := r.post(ctx, tx); err != nil {
		return err
	}
	c.last.UpdatedAt = r.at
	return update(ctx, tx, c.last)
}

// carryLate makes the renewal after the order, which is paid just now, one that carried over
// what was left of it. It looked for that before the payment was told, and found the period
// before, or none.
func (o *Order) carryLate(ctx context.Context, tx bun.Tx, at time.Time, ahead time.Duration) error {
	by, err := o.next(ctx, tx, "period_start > ?", "period_start, id")
	if err != nil || by == nil || by.CarryOver == 0 || by.CarriedFrom != o.CarriedFrom {
		return err
	}
	if o.CreditsExpireAt.Before(by.PeriodStart.Add(-by.CarryOverWithin)) {
		return nil
	}
	if by, err = lockOrder(ctx, tx, by.UserUUID, by.OrderNo); err != nil {
		return err
	}
	by.CarriedFrom, by.CarriedRegrants, by.CarriedNet, by.UpdatedAt = o.OrderNo, nothing, new(int64), at
	if err := update(ctx, tx, by); err != nil {
		return err
	}
	on, err := o.carriedOn(ctx, tx, at)
	if err != nil {
		return err
	}
	return o.keepMore(ctx, tx, on, at, ahead, by)
}

// notKept returns how many of the order's credits have expired although the renewals kept all
// that they could: those that were held at the time.
func (o *Order) notKept(ctx context.Context, tx bun.Tx, on *carriedOn, at time.Time) (int64, error) {
	if on.late || o.Regrants > max(on.by.CarriedRegrants, 0) {
		return 0, nil
	}
	op, err := ledgerDid(ctx, tx, o.UserUUID, o.grantKey())
	if err != nil {
		return 0, err
	}
	now, err := o.accountTime(ctx, tx, at)
	if err != nil {
		return 0, err
	}
	var lots []credits.Lot
	lot := op.Entries[0].Lot
	err = rows.Now(ctx, tx, tx.NewSelect().Model(&lots)).Where("user_uuid = ?", o.UserUUID).
		Where("(lot = ? OR origin = ?)", lot, lot).Where("expires_us <= ?", now.UnixMicro()).Scan(ctx)
	var sum int64
	for i := range lots {
		sum += lots[i].Free + lots[i].Held
	}
	return sum, dialect.Classify(err)
}

// counts makes the renewal one that looked when the order had so many credits.
func (on *carriedOn) counts(ctx context.Context, tx bun.Tx, net int64, at time.Time, among ...*Order) error {
	by, err := on.by.lockedAmong(ctx, tx, among)
	if err != nil {
		return err
	}
	by.CarriedNet, by.UpdatedAt = &net, at
	return update(ctx, tx, by)
}
