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
	all, final := s.sums(o.Paid())
	reduce := affiliates.ReduceParams{
		OrderNo: o.OrderNo, Remaining: o.untaxed(o.Paid() - all), Was: o.untaxed(o.Paid() - all), Final: s.Changes > 0 && final == o.Paid(),
		Reopened: final < o.Paid(),
		Again:    true, Record: o.earned(), At: o.PaidAt, MaxAhead: maxAhead,
	}
	if s.Changes > 0 {
		reduce.Key, reduce.Policy, reduce.At = o.reversalKey(s.Changes), s.Policy, time.UnixMicro(s.AtUs)
	}
	// An older version did not keep its claw-backs: a grant that is missing would
	// come back without them.
	// A grant of the original's is not ours to make again.
	told := (o.RefundedCredits == 0 || len(s.ClawBacks) > 0) && o.GrantKey == ""
	if o.granted() && told {
		reduce.With = append(reduce.With, o.grant(maxAhead))
		for _, claw := range s.ClawBacks {
			reduce.With = append(reduce.With, claw.Of(o.UserUUID, o.grantKey(), o.OrderNo, maxAhead))
		}
	}
	ctx = o.allow(ctx, reduce)
	reduced, err := affiliates.Reduce(ctx, tx, reduce)
	if errors.Is(err, credits.ErrKeyReused) && len(reduce.With) > 0 {
		// The grant may be of another time than the row has it.
		var op *credits.Operation
		if op, err = o.granting(ctx, tx, err); err != nil {
			return nil, nil, err
		}
		reduce.With = reduce.With[1:]
		if reduced, err = affiliates.Reduce(ctx, tx, reduce); err == nil {
			reduced.Operations = slices.Insert(reduced.Operations, 0, op)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	result := o.reasserted(reduced, s)
	if o.granted() && !told {
		result.Operation, err = o.granting(ctx, tx, nil)
	}
	return result, reduced.Operations, err
}

// allow is a context with which the ledger takes the keys of the order.
func (o *Order) allow(ctx context.Context, p affiliates.ReduceParams) context.Context {
	keys := []string{o.grantKey(), p.Key}
	for _, op := range p.With {
		if claw, ok := op.(credits.ClawBackParams); ok {
			keys = append(keys, claw.Key)
		}
	}
	return ledgerkey.Allow(ctx, keys...)
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
func (o *Order) reasserted(reduced *affiliates.ReduceResult, s *reversals) *Result {
	var done mend.Tally
	done.Note(credits.PartOrder, !o.follow(s))
	for i, op := range reduced.Operations {
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
	if len(reduced.Operations) > 0 {
		result.Operation = reduced.Operations[0]
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
	all, final := s.sums(o.Paid())
	if o.PaidAmount != nil {
		o.RefundedAmount = all
		if o.Status != StatusRefunded { // which another program may know better
			o.Status = StatusPaid
		}
	}
	if o.granted() {
		o.RefundedCredits = o.claimed(all)
	}
	if s.Changes > 0 && final == o.Paid() {
		o.Status = StatusRefunded
	}
	return before.Status != o.Status || before.RefundedAmount != o.RefundedAmount ||
		before.RefundedCredits != o.RefundedCredits
}
