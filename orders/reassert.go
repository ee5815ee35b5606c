package orders

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/mend"
)

// reassert makes sure that all that follows from a paid order's row is there,
// each part by its key: the grant, what refunds and disputes took back of it,
// the commission, and what they took back of that. It changes the order where
// its row is what fell behind, and leaves it to the caller to write it.
//
// The operations are the grant and the claw-backs, in their order.
func (o *Order) reassert(ctx context.Context, tx bun.Tx, maxAhead time.Duration) (*Result, []*credits.Operation, error) {
	s, err := o.reversals()
	if err != nil {
		return nil, nil, err
	}
	b := o.back(s)
	reduce := affiliates.ReduceParams{
		OrderNo: o.OrderNo, Remaining: o.untaxed(o.Paid() - b.all), Was: o.untaxed(o.Paid() - b.all), Final: s.Changes > 0 && b.closes(o),
		Reopened: !b.closes(o),
		Again:    true, Record: o.earned(), At: o.PaidAt, MaxAhead: maxAhead,
	}
	if s.Changes > 0 {
		reduce.Key, reduce.Policy, reduce.At = o.reversalKey(s.Changes), s.Policy, time.UnixMicro(s.AtUs)
	}
	// An older version did not keep its claw-backs: a grant that is missing would
	// come back without them.
	// A grant of the original's is not ours to make again.
	told := (o.RefundedCredits == 0 || len(s.ClawBacks) > 0) && o.GrantKey == ""
	var own []credits.Op
	if o.granted() && told {
		grant, err := o.grant(ctx, tx, maxAhead)
		if err != nil {
			return nil, nil, err
		}
		own = append(own, grant)
		for _, claw := range s.ClawBacks {
			own = append(own, claw.Of(o.UserUUID, o.grantKey(), o.OrderNo, maxAhead))
		}
	}
	plan, err := affiliates.PlanReduce(ledgerkey.Allow(ctx, reduce.Key), tx, reduce)
	if err != nil {
		return nil, nil, err
	}
	ops, reduced, err := post(ctx, tx, own, plan)
	if errors.Is(err, credits.ErrKeyReused) && len(own) > 0 {
		// The grant may be of another time than the row has it.
		var op *credits.Operation
		if op, err = o.granting(ctx, tx, err); err != nil {
			return nil, nil, err
		}
		if ops, reduced, err = post(ctx, tx, own[1:], plan); err == nil {
			ops = slices.Insert(ops, 0, op)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	result := o.reasserted(ops, reduced, s)
	if o.granted() && !told {
		result.Operation, err = o.granting(ctx, tx, nil)
	}
	return result, ops, err
}

// post performs an order's own operations together with those on the referrer's
// account, so that accounts are locked in one order whoever invited whom, and writes
// the commission. It returns the order's own.
func post(
	ctx context.Context, tx bun.Tx, own []credits.Op, plan *affiliates.Reduction,
) ([]*credits.Operation, *affiliates.ReduceResult, error) {
	ops, err := mend.Post(ctx, tx, slices.Concat(own, plan.Operations()))
	if err != nil {
		return nil, nil, err
	}
	reduced, err := plan.Finish(ctx, tx, ops[len(own):])
	return slices.Clone(ops[:len(own)]), reduced, err
}

// earned is what the order's commission was when it was paid.
func (o *Order) earned() affiliates.RecordParams {
	p := affiliates.RecordParams{
		OrderNo: o.OrderNo, CustomerUUID: o.UserUUID, Amount: o.untaxed(o.Paid()), Currency: o.Currency, At: o.PaidAt,
	}
	if o.ReferrerUUID != "" {
		p.Known = &affiliates.Earned{ReferrerUUID: o.ReferrerUUID, Rate: o.CommissionRate, Amount: o.CommissionAmount}
	}
	return p
}

// reasserted is the result of what was found and done.
func (o *Order) reasserted(ops []*credits.Operation, reduced *affiliates.ReduceResult, s *reversals) *Result {
	var done mend.Tally
	done.Note(credits.PartOrder, !o.follow(s))
	for i, op := range ops {
		part := credits.PartClawBack
		if i == 0 {
			part = credits.PartGrant
		}
		done.Operation(part, op)
	}
	for _, part := range reduced.Done {
		done.Note(part, false)
	}
	done.Note(credits.PartOrder, true) // it is there, if not as it should be
	result := &Result{Order: o, Mended: done.Mended(), Replayed: done.Replayed()}
	if len(ops) > 0 {
		result.Operation = ops[0]
	}
	if len(reduced.Commissions) > 0 {
		result.Commission = &reduced.Commissions[0]
	}
	return result
}

// follow makes the order's own columns what its payment and reversals say, and
// reports whether that changed them: another program may have set the status.
func (o *Order) follow(s *reversals) bool {
	before := *o
	b := o.back(s)
	if o.PaidAmount != nil {
		o.RefundedAmount, o.RefundedBalance = b.all, b.balance
		if o.Status != StatusRefunded { // which another program may know better
			o.Status = StatusPaid
		}
	}
	if o.granted() {
		o.RefundedCredits = o.claimed(b)
	}
	if s.Changes > 0 && b.closes(o) {
		o.Status = StatusRefunded
	}
	return before.Status != o.Status || before.RefundedAmount != o.RefundedAmount ||
		before.RefundedBalance != o.RefundedBalance ||
		before.RefundedCredits != o.RefundedCredits
}
