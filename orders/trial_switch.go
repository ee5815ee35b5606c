package orders

import (
	"cmp"
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/share"
)

// A customer may change plans in the trial. The first payment pays the order that began
// the subscription all the same, but for another plan: the order becomes one of that.

// switched changes an unpaid order to the plan that its first payment is for, if that
// is not what was ordered.
func (p *period) switched(o *Order) {
	if p.bill == nil || p.bill.main() == nil || o.wasPaid() || o.Amount == 0 {
		return
	}
	main := p.bill.main()
	list, worth := p.bill.list()
	ordered := times(o.Amount, main.seats())
	switch {
	case list == 0, list == ordered, worth == ordered:
		return
	case p.due != nil && o.Currency != "" && p.due.Currency != o.Currency: // it is accepted as ordered, or not at all
		return
	case o.PriceID == "" && p.bill.sells(o) > 0: // with an add-on
		return
	case o.PriceID != "" && (main.PriceID == "" || main.PriceID == o.PriceID):
		return
	case main.Plan == nil && o.shorter(p.start, p.end) != nil: // it costs its part
		return
	}
	buys := share.Down(o.Credits, list, o.Amount)
	if plan := main.Plan; plan != nil {
		buys = p.bill.wholeCredits(o, p.due)
		o.ProductID, o.ProductName, o.Interval = plan.ProductID, plan.ProductName, cmp.Or(plan.Interval, o.Interval)
		o.Grants = p.grants(o)
	}
	o.Amount, o.Credits, o.PriceID = list, buys, main.PriceID
}

// trialOf notes on an unpaid order which price its trial began with, and reports
// whether that is news: it is the one that was ordered.
func (o *Order) trialOf(priceID string) bool {
	if o.PriceID != "" || priceID == "" || o.wasPaid() {
		return false
	}
	o.PriceID = priceID
	return true
}

// becameAnother reports whether a paid order, which a caller asks for as it was made, may
// have become one of another plan since, in its trial. What was ordered is not kept.
func (o *Order) becameAnother(ctx context.Context, tx bun.Tx, other *Order, subID string) (bool, error) {
	same := o.OrderNo == other.OrderNo && o.UserUUID == other.UserUUID && o.Currency == other.Currency &&
		o.Interval.recurs() && other.Interval.recurs() && other.FirstOrderNo == "" && (subID == "" || subID == other.SubID)
	if !same || !other.wasPaid() || other.SubID == "" {
		return false, nil
	}
	row, err := lockedSubscription(ctx, tx, other.PayType, other.SubID)
	return err == nil && row != nil && row.OrderNo == other.OrderNo && !row.TrialEnd.IsZero(), err
}
