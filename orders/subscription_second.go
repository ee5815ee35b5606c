package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// ofSecond keeps the payment of a second subscription for an order that another one began: it is
// surplus, like a second payment of the order. If this subscription turns out to have begun an order
// after all, that is returned instead, locked.
func ofSecond(ctx context.Context, tx bun.Tx, subID string, pay *payment) (began *Order, result *Result, err error) {
	row, err := findSubscription(ctx, tx, "", subID)
	if err != nil {
		return nil, nil, err
	}
	if row == nil {
		return nil, nil, notFound("subscription", "SubID", subID)
	}
	o, err := GetParams{OrderNo: row.OrderNo}.lock(ctx, tx)
	if err == nil {
		row, err = lockedSubscription(ctx, tx, row.Provider, subID)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case row == nil:
		return nil, nil, notFound("subscription", "SubID", subID)
	case o.SubID == subID:
		return o, nil, nil
	case o.unbegun(subID) && !row.Status.final():
		o.begins(row.Provider, subID)
		return o, nil, update(ctx, tx, o)
	case o.SubID == "" || !o.wasPaid():
		return nil, nil, &NotStartedError{SubID: subID, OrderNo: o.OrderNo, Status: o.Status}
	}
	if result, err = pay.ofOther(ctx, tx, o, row); err != nil {
		return nil, nil, err
	}
	result.Subscription = row
	result.Duplicates, err = row.duplicates(ctx, tx)
	return nil, result, err
}

// ofOther keeps a payment of another subscription than the one that the order began. A payment without
// a name, as when nothing was paid, leaves nothing to keep. What the customer's balance paid does: a
// credit note may give it back.
func (p *payment) ofOther(ctx context.Context, tx bun.Tx, o *Order, sub *Subscription) (*Result, error) {
	if p == nil || p.ref == "" && p.invoice == "" || p.paid != nil && p.paid.Amount+p.balance == 0 {
		return &Result{Order: o, OtherSubID: sub.SubID, Replayed: true}, nil
	}
	known := *p
	known.provider, known.subID = sub.Provider, sub.SubID
	row, fresh, err := known.row(o).insert(ctx, tx)
	if err != nil {
		return nil, err
	}
	if row.OrderNo != "" && row.OrderNo != o.OrderNo {
		return nil, &PaymentTakenError{PayRef: row.Ref, OrderNo: row.OrderNo, Other: o.OrderNo}
	}
	row.learn(known.row(o))
	if err := row.inUnit(); err != nil {
		return nil, err
	}
	result, err := known.surplus(ctx, tx, o, row, fresh)
	if err != nil {
		return nil, err
	}
	return result, row.named(ctx, tx, known.row(o))
}

// unbegun reports whether the order belongs to another subscription that ended before anything was paid:
// a cancelled trial. The customer may begin another subscription with it.
func (o *Order) unbegun(subID string) bool {
	return o.SubID != subID && o.SubID != "" && !o.SubEndedAt.IsZero() && !o.wasPaid()
}

// begins makes the order that of a subscription.
func (o *Order) begins(provider PayType, subID string) {
	if o.SubID != subID {
		o.SubEndedAt = time.Time{}
	}
	o.SubID, o.PayType = subID, provider
}
