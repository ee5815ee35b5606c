package affiliates

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ReduceParams say what is left of an order after refunds and disputes.
type ReduceParams struct {
	// OrderNo is the order.
	OrderNo string
	// Remaining is what of the order's amount was not given back, in the
	// currency's smallest unit. It may rise again: a dispute was won.
	Remaining int64
	// Final says that the order was refunded in full, for good.
	Final bool
	// Policy is about converted credits that were spent already; empty means
	// credits.PolicyDebt.
	Policy credits.ClawBackPolicy
	// Key names this change, at most 255 bytes. The ledger's keys are made of it
	// and of the commission. As in the ledger, keys with the prefixes of the
	// library's own are refused.
	Key string
	// With are operations on the ledger that belong to the same event, such as
	// the claw-back of the order's own credits. They are posted together with
	// those on the referrer's account, so that accounts are locked in one order
	// whoever invited whom: all of them happen, or none.
	With []credits.Op
	// At is when it happened; zero means now.
	At time.Time
}

// Reduced is what [Reduce] did.
type Reduced struct {
	// Commissions of the order, as they stand: one at most, unless another
	// program wrote more.
	Commissions []Commission
	// Operations are those of With, in order.
	Operations []*credits.Operation
	// Referrer is what the ledger did to the referrer's account, nil where no
	// credits moved.
	Referrer *credits.Operation
}

// Reduce makes the commission of an order what it is of the remaining amount,
// rounded down; ReversedAmount is the rest. Package orders calls it in the
// transaction of a refund or dispute.
//
// A commission that was not paid out is rejected when the refund is full and
// Final. One that was converted loses converted credits in proportion, all of
// them when nothing remains, by the policy where they were spent. One that was
// paid in money stays paid: PaidAmount less CommissionAmount is what the
// referrer got too much, which [GetSummary] reports as Due, negative, and the
// team settles with a later payout. A rejected one stays as it is. An order without
// a commission is no error.
//
// Errors, after which nothing is written: *InvalidError for a field of p, those
// of the operations in With, *credits.LimitError when won credits pass what an
// account can hold, and *dialect.Error when the engine fails.
func Reduce(ctx context.Context, db bun.IDB, p ReduceParams) (*Reduced, error) {
	at, atErr := valid.Time("At", p.At)
	err := valid.First(
		valid.Identifier("OrderNo", p.OrderNo, maxName),
		valid.AmountOrZero("Remaining", p.Remaining),
		valid.Key("Key", p.Key, 255), atErr,
	)
	if err != nil {
		return nil, err
	}
	if why := ledgerkey.Refused(ctx, p.Key); why != "" {
		return nil, valid.Failf("Key", "%s", why)
	}
	if p.Policy != "" && !p.Policy.Valid() {
		return nil, valid.Failf("Policy", "%q is not a policy", p.Policy)
	}
	var reduced *Reduced
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		found, err := ofOrder(ctx, tx, p.OrderNo)
		if err != nil {
			return err
		}
		reduced = &Reduced{}
		for i := range found {
			c, err := lock(ctx, tx, &found[i])
			if err != nil {
				return err
			}
			reduced.Commissions = append(reduced.Commissions, *c)
		}
		return p.apply(ctx, tx, reduced, at)
	})
	if err != nil {
		return nil, err
	}
	return reduced, nil
}

// apply changes the locked commissions: the ledger first, because it may
// refuse.
func (p ReduceParams) apply(ctx context.Context, tx bun.Tx, reduced *Reduced, at time.Time) error {
	ops := append([]credits.Op(nil), p.With...)
	var changed []*Commission
	var keys []string
	for i := range reduced.Commissions {
		c := &reduced.Commissions[i]
		before := *c
		if !p.reduce(c, at) {
			continue
		}
		changed = append(changed, c)
		if op, ok := p.clawBack(&before, c, at); ok {
			ops = append(ops, op)
			keys = append(keys, op.Key)
		}
	}
	if err := reduced.post(ledgerkey.Allow(ctx, keys...), tx, ops, len(p.With)); err != nil {
		return err
	}
	for _, c := range changed {
		if err := update(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// reduce makes c what the remaining amount earns and reports whether that
// changed it.
func (p ReduceParams) reduce(c *Commission, at time.Time) bool {
	status := c.Status.orPending()
	if status == StatusRejected {
		return false
	}
	before := *c
	earned := c.CommissionAmount + c.ReversedAmount
	c.CommissionAmount = p.share(earned, c.OrderAmount)
	c.ReversedAmount = earned - c.CommissionAmount
	if p.Final && status != StatusPaid {
		c.Status, c.RejectedAt = StatusRejected, at
	}
	if c.CommissionAmount == before.CommissionAmount && c.Status == before.Status {
		return false
	}
	c.UpdatedAt = at
	return true
}

// share is the part of what was earned that the remaining amount earns.
func (p ReduceParams) share(earned, orderAmount int64) int64 {
	switch {
	case p.Remaining >= orderAmount && p.Remaining > 0:
		return earned
	case p.Remaining == 0:
		return 0
	default:
		return earned * p.Remaining / orderAmount
	}
}

// clawBack is the operation on the referrer's account, if there is one.
func (p ReduceParams) clawBack(before, c *Commission, at time.Time) (op credits.ClawBackParams, ok bool) {
	if c.ConvertedAt.IsZero() || c.PaidAmount <= 0 {
		return op, false
	}
	was, is := before.clawed(), c.clawed()
	if was == is {
		return op, false
	}
	key := ledgerkey.Of("commission-reduced:"+strconv.FormatInt(c.ID, 10), p.Key)
	return credits.ClawBackParams{
		UserUUID: c.UserUUID, GrantKey: c.grantKey(), Total: is, Reinstate: is < was,
		Policy: p.Policy, Key: key, OrderNo: c.OrderKey, At: at,
	}, true
}

// clawed is how many of the converted credits are to be taken back in all.
// A dispute that is won may leave more than there was when it was converted.
func (c *Commission) clawed() int64 {
	over := max(c.PaidAmount-c.CommissionAmount, 0)
	return c.ConvertedCredits * over / c.PaidAmount
}

// post performs the operations, of which the first with are the caller's.
func (r *Reduced) post(ctx context.Context, tx bun.Tx, ops []credits.Op, with int) error {
	if len(ops) == 0 {
		return nil
	}
	outcomes, err := credits.Post(ctx, tx, credits.PostParams{Ops: ops, AllOrNothing: true})
	if refused := (*credits.BatchError)(nil); errors.As(err, &refused) {
		return refused.Err
	}
	if err != nil {
		return err
	}
	for i, outcome := range outcomes {
		if i < with {
			r.Operations = append(r.Operations, outcome.Operation)
			continue
		}
		r.Referrer = outcome.Operation
	}
	return nil
}
