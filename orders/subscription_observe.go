package orders

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// observe records on a subscription's row what a payment says about it, and adds the row to the result.
// So subscriptions are known even without the provider's own reports about them, which say more.
func (r *Result) observe(
	ctx context.Context, tx bun.Tx, first *Order, provider PayType, subID string, is SubscriptionStatus, at time.Time,
) error {
	if subID == "" || !provider.Valid() {
		return nil
	}
	row, fresh, err := newSubscription(provider, subID, first, at).insert(ctx, tx)
	if err != nil {
		return err
	}
	r.Subscription = row
	was := *row
	if row.seen(r.Order, is, at, fresh) {
		if err := row.update(ctx, tx); err != nil {
			return err
		}
	}
	if err := row.tell(ctx, tx, was, fresh, at); err != nil {
		return err
	}
	r.Duplicates, err = row.duplicates(ctx, tx)
	return err
}

// part reports whether the order is for a part of a period, or for a trial.
func (o *Order) part() bool { return strings.HasPrefix(o.RenewalKey, o.SubID+"#") }

// seen updates the row from a payment of one of its orders, and reports whether it changed. A payment
// does not change a subscription that is over, and restores no earlier period.
func (s *Subscription) seen(o *Order, is SubscriptionStatus, at time.Time, fresh bool) bool {
	before := *s
	if s.Status.final() || o.PeriodStart.Before(s.PeriodStart) {
		return false
	}
	known := !fresh && s.AsOf.After(at) // the provider has reported more since
	switch {
	case is == SubPastDue && s.Status == SubActive && !known,
		is == SubActive && (s.Status == SubPastDue || s.Status == SubTrialing) && !known,
		s.Status == SubIncomplete && !known:
		s.Status = is
	}
	if is == SubActive && o.SubID == s.SubID { // for another subscription it was surplus
		s.ProductID = cmp.Or(o.ProductID, s.ProductID)
		if !o.PeriodStart.IsZero() && !o.part() && !s.states(o) {
			s.PeriodStart, s.PeriodEnd = o.PeriodStart.UTC(), o.PeriodEnd.UTC()
		}
		if o.Quantity > 0 && !known {
			s.Quantity = o.Quantity
		}
	}
	if *s == before {
		return false
	}
	s.UpdatedAt = at
	return true
}

// states reports whether the row has the order's period as the provider states it: the order's may have
// been computed from its payment, or been restated since.
func (s *Subscription) states(o *Order) bool {
	if o.RenewalKey == "" {
		return !s.PeriodStart.IsZero() && o.PeriodStart.Sub(s.PeriodStart).Abs() <= regrantOver
	}
	return !s.AsOf.IsZero() && s.PeriodStart.Equal(o.PeriodStart) && s.PeriodEnd.After(s.PeriodStart)
}
