package orders

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// keepMore gives the customer what renewals would have kept of the order's credits, had it
// been known in time how many these are: their payment is told late, or money comes back
// that had been given back. The order's credits are granted anew, with the time of the latest
// renewal, and that renewal's, too, so that later ones find them where they look.
//
// Nothing is kept where a renewal kept its maximum, or where all has expired. While the order's
// own credits still live (carriedOn.lives), or those of the renewal before the last, what comes
// lives as long, and the last renewal keeps its part of that. The order is changed, and the caller
// writes it. among are orders that the caller has at hand, which may include the renewal.
func (o *Order) keepMore(ctx context.Context, tx bun.Tx, on *carriedOn, at time.Time, ahead time.Duration, among ...*Order) error {
	net := o.Credits - o.RefundedCredits
	if on == nil || net <= on.least {
		return nil
	}
	last, err := on.links[len(on.links)-1].by.lockedAmong(ctx, tx, among)
	if err != nil {
		return err
	}
	over, err := o.expired(ctx, tx, last.CreditsExpireAt, at)
	if err != nil || over {
		return err
	}
	apart := on.apart(o)
	lives := kept{apart: apart, end: on.links[on.bounds-1].by.CreditsExpireAt, keeps: valid.MaxAmount}
	if apart {
		lives.end = o.CreditsExpireAt
	}
	if apart || on.bounds < len(on.links) {
		lives.keeps = last.CarryOver
	}
	if lives.most, err = on.most(ctx, tx, o); err != nil {
		return err
	}
	if net = min(net, lives.most); !apart && net <= on.least {
		return nil
	}
	// The first looked, or one did that was told before it.
	looked := !on.late || on.links[0].net > 0
	if looked && !apart && on.regranted == 0 { // the renewals kept all that they could: the rest was held
		lost, err := o.lost(ctx, tx, at, on, nil)
		if err != nil {
			return err
		}
		if net -= lost; lost > 0 {
			if err := on.counts(ctx, tx, on.links[0].net-lost, at, append(among, last)...); err != nil {
				return err
			}
		}
	}
	r := regranting{at: at, ahead: ahead}
	lives.net = net
	return r.keep(ctx, tx, o, last, lives)
}

// kept is what is kept of an order's credits: so many of them, or all where they live apart, until
// end, and most is how many these could be. The last renewal keeps at most so many of them.
type kept struct {
	net, most int64
	apart     bool
	end       time.Time
	keeps     int64
}

// apart reports whether those of the order's credits that no renewal kept live. That they have the
// time of a renewal says that they do not: see keepMore.
func (on *carriedOn) apart(o *Order) bool {
	return on.lives && !slices.ContainsFunc(on.links, func(l link) bool { return o.CreditsExpireAt.Equal(l.by.CreditsExpireAt) })
}

// keep grants the order's credits anew, and those of the last renewal.
func (r *regranting) keep(ctx context.Context, tx bun.Tx, o, last *Order, k kept) error {
	r.take(o)
	key := ""
	if r.take(last); last.granted() {
		key = last.grantKey()
	}
	if o.CreditsExpireAt = k.end; k.apart {
		o.Granted = 0
	} else {
		o.note(k.net)
	}
	if err := o.keptAtMost(k.most); err != nil {
		return err
	}
	if err := r.grant(ctx, tx, o, key, valid.MaxAmount); err != nil {
		return err
	}
	if key != "" {
		if err := r.grant(ctx, tx, last, o.grantKey(), k.keeps); err != nil {
			return err
		}
	}
	if err := r.post(ctx, tx); err != nil {
		return err
	}
	last.UpdatedAt = r.at
	return update(ctx, tx, last)
}

// keptAtMost notes how many of the order's credits the renewals so far could keep.
func (o *Order) keptAtMost(most int64) error {
	s, err := o.reversals()
	if err != nil {
		return err
	}
	s.Most = &most
	o.Reversals, err = s.text()
	return err
}

// carryLate makes the renewal after the order, which is paid just now, one that carried over
// what was left of it. It looked for that before the payment was told, and found the period
// before, or none. Where the order outlives it, the order keeps what the renewal had found.
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
	if o.outlives(by) {
		if err := o.keepInstead(ctx, tx, by, at, ahead); err != nil {
			return err
		}
		return update(ctx, tx, o)
	}
	on, err := o.carriedOn(ctx, tx, at)
	if err != nil {
		return err
	}
	if err := o.keepMore(ctx, tx, on, at, ahead, by); err != nil {
		return err
	}
	return update(ctx, tx, o)
}

// keepMissed makes the order, which is paid just now, keep what the one that it carried over had
// turned out to grant once it was over.
func (o *Order) keepMissed(ctx context.Context, tx bun.Tx, at time.Time, ahead time.Duration) error {
	from, err := lockOrder(ctx, tx, o.UserUUID, o.CarriedFrom)
	if err != nil {
		return err
	}
	on, err := from.carriedOn(ctx, tx, at)
	if err != nil {
		return err
	}
	if err := from.keepMore(ctx, tx, on, at, ahead, o); err != nil {
		return err
	}
	return update(ctx, tx, from)
}

// keepInstead makes the order keep what is left of earlier periods, which a renewal that ends
// sooner has kept, or would have. What that has kept may be over by now.
func (o *Order) keepInstead(ctx context.Context, tx bun.Tx, by *Order, at time.Time, ahead time.Duration) error {
	over, err := o.expired(ctx, tx, o.CreditsExpireAt, at)
	if err != nil || over || o.CarriedFrom == "" {
		return err
	}
	among, err := o.ofSubscription(ctx, tx)
	if err != nil {
		return err
	}
	for from := among[o.CarriedFrom]; from != nil; from = among[from.CarriedFrom] {
		if !from.granted() {
			continue
		}
		if from, err = lockOrder(ctx, tx, from.UserUUID, from.OrderNo); err != nil {
			return err
		}
		on, err := from.carriedOn(ctx, tx, at)
		if err != nil || on == nil {
			return err
		}
		found, keeps, err := on.instead(ctx, tx, o, from, by, among, at)
		if err != nil {
			return err
		}
		if err := on.counts(ctx, tx, found, at, o); err != nil {
			return err
		}
		if keeps.net <= 0 {
			continue
		}
		r := regranting{at: at, ahead: ahead}
		if err := r.keep(ctx, tx, from, o, keeps); err != nil {
			return err
		}
		from.UpdatedAt = at
		if err := update(ctx, tx, from); err != nil {
			return err
		}
	}
	return nil
}

// instead returns what o keeps of an order's credits instead of what the renewal kept, and how many
// there are to be found.
func (on *carriedOn) instead(
	ctx context.Context, tx bun.Tx, o, from, by *Order, among map[string]*Order, at time.Time,
) (found int64, k kept, err error) {
	k = kept{net: from.Credits - from.RefundedCredits, apart: on.apart(from), end: o.CreditsExpireAt, keeps: valid.MaxAmount}
	if k.most, err = on.most(ctx, tx, from); err != nil {
		return 0, k, err
	}
	if found = on.links[0].net; k.apart {
		k.end, k.keeps = from.CreditsExpireAt, o.CarryOver
		return min(found, k.net), k, nil
	}
	lost, err := from.lost(ctx, tx, at, on, by)
	if err != nil {
		return 0, k, err
	}
	l := on.links[max(0, slices.IndexFunc(on.links, func(l link) bool { return l.by.OrderNo == o.OrderNo }))]
	has, err := l.kept(ctx, tx, among)
	if err != nil {
		return 0, k, err
	}
	grown, err := l.grown(ctx, tx, from, l.grant.Entries[0].Seq, among)
	// What it kept beyond o's maximum goes, too.
	less := max(has-o.CarryOver, 0)
	// One that was over when it was paid kept nothing of that; of one that kept all that was
	// left, it is what was held.
	if all := has+grown < by.CarryOver && by.CreditsExpireAt.After(by.PaidAt); all {
		k.net = min(k.net, k.most-less) - lost
	} else {
		k.net = min(k.net, k.most-less-lost)
	}
	return max(found-less-lost, 0), k, err
}

// counts makes the renewal one that looked when the order had so many credits.
func (on *carriedOn) counts(ctx context.Context, tx bun.Tx, net int64, at time.Time, among ...*Order) error {
	by, err := on.links[0].by.lockedAmong(ctx, tx, among)
	if err != nil {
		return err
	}
	by.CarriedNet, by.UpdatedAt = &net, at
	return update(ctx, tx, by)
}
