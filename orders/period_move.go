package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// A provider may move the end of a period that was paid: it extends it, or states it
// otherwise than the payment did. The subscription's row has what was stated last,
// whatever came first.

// moves reports whether the row states another end of the order's period than the order
// has. What was replaced is not in it, nor, of Creem's, a plan that was changed to before
// its payment is told: others begin a period with that.
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

// moveEnd makes a paid order's credits end as the row states it, and with them those of
// changes within its period and of its last month.
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

// endsAt makes the order's period end at another time, and its credits, unless somebody
// said until when they last.
func (o *Order) endsAt(ctx context.Context, tx bun.Tx, end, at time.Time, ahead time.Duration) error {
	own := o.CreditsExpireAt.Sub(o.lotEnd().Add(o.Grace)).Abs() <= regrantOver
	if o.PeriodEnd, o.UpdatedAt = end.UTC(), at; own {
		if err := o.regrant(ctx, tx, o.Credits, o.lotEnd().Add(o.Grace), at, ahead); err != nil {
			return err
		}
	}
	return update(ctx, tx, o)
}

// movePeriod does so for the order of the period that the row is in. The first order is
// locked.
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

// around is by how much a month's end may differ from that of one which began on another
// day.
const around = 4 * 24 * time.Hour

// billedUntil is until when the period lasted for a line that is a part of it: it may
// have been moved since, or before the line is told.
func (o *Order) billedUntil(l *Line) time.Time {
	if l.End.IsZero() || !o.Interval.recurs() || o.PeriodEnd.Sub(l.End).Abs() <= regrantOver {
		return o.PeriodEnd
	}
	if o.Interval.end(o.PeriodStart, o.PeriodStart).Sub(l.End).Abs() <= around {
		return l.End
	}
	return o.PeriodEnd
}
