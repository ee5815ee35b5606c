package affiliates

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/share"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ReduceParams say what is left of an order after refunds and disputes.
type ReduceParams struct {
	// OrderNo is the order.
	OrderNo string
	// Remaining is what of the order's amount, as Record had it, was not given
	// back, in the currency's smallest unit. It may rise again: a dispute was won
	// or a refund failed.
	Remaining int64
	// Was is what Remaining was before. A commission that does not stand there,
	// but where Remaining has it, was reduced by an earlier call whose commit
	// was partial.
	Was int64
	// Final says that the order was refunded in full, for good.
	Final bool
	// Reopened says that it was refunded in full and is no longer: a refund
	// failed. A commission that the refund rejected comes back.
	Reopened bool
	// Policy is about converted credits that were spent already; empty means
	// credits.PolicyDebt.
	Policy credits.ClawBackPolicy
	// Key names this change, at most 255 bytes. The ledger's keys are made of it
	// and of the commission. As in the ledger, keys with the prefixes of the
	// library's own are refused.
	Key string
	// Again says that all of this was reported before. A commission that is
	// missing is written again as Record has it, and every claw-back that its
	// row keeps is looked for in the ledger. An empty Key, allowed here alone,
	// says that nothing was ever reversed.
	Again bool
	// Record is what the order earned; without its Known nothing is written. With it
	// the commission is found also by a transaction that began before it was recorded.
	Record RecordParams
	// At is when it happened; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// ReduceResult is what [Reduce] did.
type ReduceResult struct {
	// Commissions of the order, as they stand: one at most, unless another
	// program wrote more.
	Commissions []Commission `json:"commissions,omitempty"`
	// Referrer is what the ledger did to the referrer's account, nil where no
	// credits moved.
	Referrer *credits.Operation `json:"referrer,omitzero"`
	// Done lists what this call did: [credits.PartCommission] and, on the
	// referrer's account, [credits.PartClawBack] and [credits.PartGrant].
	Done []credits.Part `json:"done,omitempty"`
	// Known is true when an earlier call had done some of it.
	Known bool `json:"known"`
}

// Reduce makes the commission of an order what it is of the remaining amount,
// rounded down; ReversedAmount is the rest. Package orders calls it in the
// transaction of a refund or dispute.
//
// A commission that was not paid out is rejected when the refund is full and
// Final, and comes back when that is Reopened. One that was converted loses converted credits in proportion, all of
// them when nothing remains, by the policy where they were spent. One that was
// paid in money stays paid: PaidAmount less CommissionAmount is what the
// referrer got too much, which [GetSummary] reports as Due, negative, and the
// team settles with a later payout. A rejected one stays as it is. An order without
// a commission is no error.
//
// The commission's row keeps the claw-backs of converted credits, so that a call
// whose commit was partial can be made again: each happens once, by its key.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *credits.LimitError when won credits pass what an account can hold, and
// *dialect.Error when the engine fails.
func Reduce(ctx context.Context, db bun.IDB, p ReduceParams) (*ReduceResult, error) {
	at, err := p.check(ctx)
	if err != nil {
		return nil, err
	}
	var reduced *ReduceResult
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		plan, err := p.plan(ctx, tx, at)
		if err != nil {
			return err
		}
		done, err := mend.Post(ctx, tx, plan.ops)
		if err != nil {
			return err
		}
		reduced, err = plan.finish(ctx, tx, done)
		return err
	})
	if err != nil {
		return nil, err
	}
	return reduced, nil
}

// check returns the time of the change, and why the params are refused.
func (p ReduceParams) check(ctx context.Context) (time.Time, error) {
	at, atErr := valid.Time("At", p.At)
	err := valid.First(
		valid.Identifier("OrderNo", p.OrderNo, maxName),
		valid.AmountOrZero("Remaining", p.Remaining),
		p.checkKey(ctx), atErr,
	)
	if err == nil && p.Policy != "" && !p.Policy.Valid() {
		err = valid.Failf("Policy", "%q is not a policy", p.Policy)
	}
	return at, err
}

func (p ReduceParams) checkKey(ctx context.Context) error {
	if p.Again && p.Key == "" {
		return nil
	}
	if why := ledgerkey.Refused(ctx, p.Key); why != "" {
		return valid.Failf("Key", "%s", why)
	}
	return valid.Key("Key", p.Key, 255)
}

// reduce makes c what the remaining amount earns and reports whether that
// changed it.
func (p ReduceParams) reduce(c *Commission, at time.Time) bool {
	status, before := c.Status.means(), *c
	if p.Key == "" {
		return false
	}
	if status == StatusRejected {
		if !p.Reopened || c.RefundRejectedAt.IsZero() {
			return false
		}
		status = c.readmit()
	}
	earned := c.CommissionAmount + c.ReversedAmount
	c.CommissionAmount = part(earned, p.Remaining, c.OrderAmount)
	c.ReversedAmount = earned - c.CommissionAmount
	if p.Final && status != StatusPaid {
		c.Status, c.RejectedAt, c.RefundRejectedAt = StatusRejected, at, at
	}
	if c.CommissionAmount == before.CommissionAmount && c.Status == before.Status {
		return false
	}
	c.UpdatedAt = at
	return true
}

// readmit takes back a rejection that a refund brought about, and returns the
// status from before.
func (c *Commission) readmit() Status {
	c.Status, c.RejectedAt, c.RefundRejectedAt = StatusPending, time.Time{}, time.Time{}
	if !c.ApprovedAt.IsZero() {
		c.Status = StatusApproved
	}
	return c.Status
}

// part is the part of what was earned that the remaining amount earns.
func part(earned, remaining, orderAmount int64) int64 {
	switch {
	case remaining >= orderAmount && remaining > 0:
		return earned
	case remaining == 0:
		return 0
	default:
		return share.Down(earned, remaining, orderAmount)
	}
}
