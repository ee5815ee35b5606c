package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// A provider may move the end of a paid period: it extends the period, or states an end that differs
// from the payment's. The subscription's row has what was stated last, in whatever order reports
// arrive.

// moves reports whether the row states another end of the order's period than the order has. It does
// not cover replaced periods, nor with Creem a new plan whose payment is not reported yet: other
// providers begin a period with that.
func (s *Subscription) moves(o *Order) bool {
	switch {
	case s.Status.final(), s.AsOf.IsZero(), o.PaidAmount == nil, o.SubID != s.SubID, o.RenewalKey == "", o.part(), o.ReplacedBy != "":
		return false
	case o.PayType == PayTypeCreem && s.PriceID != "" && o.PriceID != "" && s.PriceID != o.PriceID:
		return false
	}
	stated := s.PeriodStart.Equal(o.PeriodStart) && s.PeriodEnd.After(s.PeriodStart)
	return stated && s.PeriodEnd.Sub(o.PeriodEnd).Abs() > regrantOver
}

// moveEnd makes a paid order's credits expire when the row states, together with those of changes
// within its period and of its last month.
func (s *Subscription) moveEnd(ctx context.Context, tx bun.Tx, o *Order, at time.Time, ahead time.Duration) error {
	if s == nil || !s.moves(o) {
		return nil
	}
	all, err := o.siblings(ctx, tx)
	if err != nil {
		return err
	}
	was := o.PeriodEnd
	for _, other := range all {
		with := !other.PeriodStart.Before(o.PeriodStart) && other.PeriodEnd.Sub(was).Abs() <= regrantOver
		if !with || other.ReplacedBy != "" {
			continue
		}
		if err := other.endsAt(ctx, tx, s.PeriodEnd, at, ahead); err != nil {
			return err
		}
	}
	return o.rebalance(ctx, tx, at, ahead)
}

// endsAt moves the end of the order's period and the expiry of its credits, unless the expiry was set
// explicitly.
func (o *Order) endsAt(ctx context.Context, tx bun.Tx, end, at time.Time, ahead time.Duration) error {
	own := o.CreditsExpireAt.Sub(o.lotEnd().Add(o.Grace)).Abs() <= regrantOver
	if o.PeriodEnd, o.UpdatedAt = end.UTC(), at; own {
		if err := o.regrant(ctx, tx, o.Credits, o.lotEnd().Add(o.Grace), at, ahead); err != nil {
			return err
		}
	}
	o.schedule()
	return update(ctx, tx, o)
}

// movePeriod does that for the order of the row's current period. The first order is locked.
func (s *Subscription) movePeriod(ctx context.Context, tx bun.Tx, first *Order, at time.Time, ahead time.Duration) error {
	if s.PeriodStart.IsZero() || s.Status.final() {
		return nil
	}
	o, err := byRenewalKey(ctx, tx, renewalKey(s.SubID, s.PeriodStart))
	if err != nil || o == nil || !s.moves(o) {
		return err
	}
	if o.OrderNo == first.OrderNo {
		return s.moveEnd(ctx, tx, first, at, ahead)
	}
	if o, err = lockOrder(ctx, tx, o.UserUUID, o.OrderNo); err != nil {
		return err
	}
	return s.moveEnd(ctx, tx, o, at, ahead)
}

// around is by how much the end of a month may differ from that of one that began on another day.
const around = 4 * 24 * time.Hour

// billedUntil returns the end of the period for a line that is a part of it: it may have been moved
// since, or before the line is reported.
func (o *Order) billedUntil(l *Line) time.Time {
	if l.End.IsZero() || !o.Interval.recurs() || o.PeriodEnd.Sub(l.End).Abs() <= regrantOver {
		return o.PeriodEnd
	}
	if o.Interval.end(o.PeriodStart, o.PeriodStart).Sub(l.End).Abs() <= around {
		return l.End
	}
	return o.PeriodEnd
}
