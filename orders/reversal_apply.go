package orders

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/share"
)

// apply applies the order's reversals: to the ledger and the commission first, because they may refuse,
// then to the order.
func (r reversing) apply(ctx context.Context, tx bun.Tx, o *Order, s *reversals) (*Result, error) {
	s.Changes++
	s.AtUs, s.Policy = r.at.UnixMicro(), r.policy
	paid := o.Paid()
	before, err := o.reversals()
	if err != nil {
		return nil, err
	}
	was, is := o.back(before), o.back(s)
	key := o.reversalKey(s.Changes)
	reduce := affiliates.ReduceParams{
		OrderNo: o.OrderNo, Remaining: o.untaxed(paid - is.all), Was: o.untaxed(paid - o.RefundedAmount), Final: is.closes(o),
		Reopened: was.closes(o) && !is.closes(o),
		Record:   o.earned(),
		Policy:   r.policy, Key: key, At: r.at, MaxAhead: r.ahead,
	}
	on, err := o.carriedOn(ctx, tx, r.at)
	if err != nil {
		return nil, err
	}
	var own []credits.Op
	if claw, ok := r.clawBack(o, on, key, is); ok {
		own = []credits.Op{claw}
		s.ClawBacks = append(s.ClawBacks, mend.Recorded(claw))
	}
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	if err := o.fits(ctx, tx, affiliates.Tiers{}); err != nil {
		return nil, err
	}
	ops, reduced, done, err := o.reduce(ctx, tx, own, reduce)
	if err != nil {
		return nil, err
	}
	stood := *o
	o.stands(was, is, r.at)
	o.Reversals, o.UpdatedAt = text, r.at
	if err := o.keepMore(ctx, tx, on, r.at, r.ahead); err != nil {
		return nil, err
	}
	done.Note(credits.PartOrder, false)
	result := &Result{Order: o, Mended: done.Mended()}
	if len(ops) > 0 {
		result.Operation = ops[0]
	}
	if len(reduced.Commissions) > 0 {
		result.Commission = &reduced.Commissions[0]
	}
	if err := update(ctx, tx, o); err != nil {
		return nil, err
	}
	if err := o.rebalance(ctx, tx, r.at, r.ahead); err != nil {
		return nil, err
	}
	return result, r.tell(ctx, tx, o, &stood)
}

// tell writes the event of a refund that changed the order's sum or status.
func (r reversing) tell(ctx context.Context, tx bun.Tx, o, was *Order) error {
	if o.returned() == was.returned() && o.Status == was.Status {
		return nil
	}
	return o.tellRefunded(ctx, tx, r.at)
}

// stands makes the order say what is given back. It is refunded if that is everything that was paid, for
// good, and paid again if a refund has failed.
func (o *Order) stands(was, is back, at time.Time) {
	if is.all != o.RefundedAmount || is.balance != o.RefundedBalance {
		o.RefundedAmount, o.RefundedBalance, o.RefundedAt = is.all, is.balance, at
	}
	if o.granted() {
		o.RefundedCredits = o.claimed(is)
	}
	switch {
	case is.closes(o):
		o.Status = StatusRefunded
	case was.closes(o):
		o.Status = StatusPaid
	}
	if is.returned() < was.returned() {
		o.resume()
	}
}

// creditsOf returns the credits that a part of the order's payment bought.
func (o *Order) creditsOf(amount int64) int64 {
	if o.Paid()+o.FromBalance <= 0 {
		return 0
	}
	return share.Down(o.Credits, amount, o.Paid()+o.FromBalance)
}

// clawBack returns the operation that brings the ledger to what was given back in all, false if it is
// there already. Refunds and disputes are netted in the order, so the ledger sees one running total.
func (r reversing) clawBack(o *Order, on *carriedOn, key string, b back) (credits.ClawBackParams, bool) {
	if !o.granted() {
		return credits.ClawBackParams{}, false
	}
	was, total := o.takes(on, o.RefundedCredits), o.takes(on, o.claimed(b))
	return credits.ClawBackParams{
		UserUUID: o.UserUUID, GrantKey: o.grantKey(), Total: total, Reinstate: total < was,
		Policy: r.policy, Key: key, OrderNo: o.OrderNo, At: r.at, MaxAhead: r.ahead,
	}, total != was
}

// reversalKey is the key of a change to what was given back of the order.
func (o *Order) reversalKey(n int64) string {
	return ledgerkey.Of("order:reversal:"+strconv.FormatInt(n, 10), o.OrderNo)
}

// reduce takes back what a reversal takes: own, of the order's credits, and its part of the commission.
// If the ledger lacks the grant of either, that is restored first.
func (o *Order) reduce(
	ctx context.Context, tx bun.Tx, own []credits.Op, p affiliates.ReduceParams,
) ([]*credits.Operation, *affiliates.ReduceResult, *mend.Tally, error) {
	take := func() ([]*credits.Operation, *affiliates.ReduceResult, error) {
		plan, err := affiliates.PlanReduce(ledgerkey.Allow(ctx, p.Key), tx, p)
		if err != nil {
			return nil, nil, err
		}
		return post(ctx, tx, own, plan)
	}
	done := &mend.Tally{}
	ops, reduced, err := take()
	if errors.Is(err, credits.ErrNotFound) && o.PaidAmount != nil {
		before := *o
		known, _, again := before.reassert(ctx, tx, p.MaxAhead)
		if again != nil {
			return nil, nil, nil, again
		}
		for _, part := range known.Mended {
			done.Note(part, false)
		}
		done.Note(credits.PartOrder, true)
		ops, reduced, err = take()
	}
	if err != nil {
		return nil, nil, nil, err
	}
	for _, op := range ops {
		done.Operation(credits.PartClawBack, op)
	}
	for _, part := range reduced.Done {
		done.Note(part, false)
	}
	if reduced.Known {
		done.Note(credits.PartCommission, true)
	}
	return ops, reduced, done, nil
}
