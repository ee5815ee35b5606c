package orders

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// rebalance updates the ledger to what changes of plans took from each order of a subscription, under
// the lock of its first order, and for other orders to what the customer's balance paid with money
// that had been given back. o is an order that the caller has locked and changed, and is changed
// further. A subscription without a change of plans costs one read.
func (o *Order) rebalance(ctx context.Context, tx bun.Tx, at time.Time, ahead time.Duration) error {
	if o.trial() {
		return nil
	}
	all, err := o.related(ctx, tx)
	if err != nil || len(all) == 0 {
		return err
	}
	if err := remeasure(ctx, tx, all, at, ahead); err != nil {
		return err
	}
	undone := map[string]bool{}
	for _, o := range all {
		undone[o.OrderNo] = o.refundedShare().Sign() > 0
	}
	for _, s := range rebalance(all) {
		moved := s.moved()
		resumed := undone[s.by] && s.o.resume()
		if moved == s.o.MovedCredits && s.by == s.o.ReplacedBy && !resumed {
			continue
		}
		s.o.MovedCredits, s.o.ReplacedBy = moved, s.by
		if err := s.o.claim(ctx, tx, at, ahead, all...); err != nil {
			return err
		}
	}
	return nil
}

// related returns the orders whose credits depend on o's, locked, including o itself; none if there is
// nothing to do.
func (o *Order) related(ctx context.Context, tx bun.Tx) ([]*Order, error) {
	changed, err := o.changed(ctx, tx)
	if err != nil || !changed && o.FromBalance == 0 {
		return nil, err
	}
	others, err := o.elsewhere(ctx, tx, changed)
	if err != nil || !changed && len(others) == 0 {
		return nil, err
	}
	all := []*Order{o}
	if changed {
		if all, err = o.siblings(ctx, tx); err != nil {
			return nil, err
		}
	}
	for _, no := range others {
		if slices.ContainsFunc(all, func(known *Order) bool { return known.OrderNo == no }) {
			continue
		}
		other, err := lockOrder(ctx, tx, o.UserUUID, no)
		if err != nil {
			return nil, err
		}
		if other.PaidAmount != nil && !other.trial() {
			all = append(all, other)
		}
	}
	return all, nil
}

// changed reports whether orders of the subscription depend on each other because of a change of plans
// or a monthly grant, or whether one has to be measured again.
func (o *Order) changed(ctx context.Context, tx bun.Tx) (bool, error) {
	if o.SubID == "" {
		return false, nil
	}
	n, err := rows.Count(ctx, rows.Now(ctx, tx, tx.NewSelect().Model((*Order)(nil))).ColumnExpr("1").
		Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", o.SubID).
		Where("(gives_back > 0 OR takes_back > 0 OR part_of IS NOT NULL OR bill_parts IS NOT NULL)").Limit(1))
	return n > 0, err
}

// siblings returns the paid orders of the subscription, locked, including o itself. The trial is not
// among them, because changes of plans take nothing from it.
func (o *Order) siblings(ctx context.Context, tx bun.Tx) ([]*Order, error) {
	var nos []string
	err := rows.Now(ctx, tx, tx.NewSelect().Model((*Order)(nil))).Column("order_no").
		Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", o.SubID).
		Where("(renewal_key IS NULL OR renewal_key <> ?)", trialKey(o.SubID)).
		Where("status IN (?, ?)", StatusPaid, StatusRefunded).OrderExpr("id").Scan(ctx, &nos)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	all := []*Order{o}
	for _, no := range nos {
		if no == o.OrderNo {
			continue
		}
		other, err := lockOrder(ctx, tx, o.UserUUID, no)
		if err != nil {
			return nil, err
		}
		if other.PaidAmount != nil && other.SubID == o.SubID {
			all = append(all, other)
		}
	}
	return all, nil
}

// claim updates the ledger and the order's row to what refunds and changes of plans took of its
// credits. Spent credits are owed, whatever the policy for refunds: a change that forgave them would
// mint credits each time. among are orders that the caller has at hand.
func (o *Order) claim(ctx context.Context, tx bun.Tx, at time.Time, ahead time.Duration, among ...*Order) error {
	s, err := o.reversals()
	if err != nil {
		return err
	}
	if total := o.claimed(o.back(s)); o.granted() && total != o.RefundedCredits {
		on, err := o.carriedOn(ctx, tx, at)
		if err != nil {
			return err
		}
		if err := o.takeBack(ctx, tx, s, o.takes(on, o.RefundedCredits), o.takes(on, total), at, ahead); err != nil {
			return err
		}
		o.RefundedCredits = total
		if err := o.keepMore(ctx, tx, on, at, ahead, among...); err != nil {
			return err
		}
	}
	o.UpdatedAt = at
	return update(ctx, tx, o)
}

// claimed returns how many of the order's credits are taken back in all if this much of its payment was
// given back.
func (o *Order) claimed(b back) int64 {
	return min(o.Credits, o.creditsOf(b.returned())+o.MovedCredits)
}
