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

// ReduceParams describe what is left of an order after refunds and disputes.
type ReduceParams struct {
	// OrderNo is the order.
	OrderNo string
	// Remaining is the part of the order's amount, as given to Record, that was
	// not given back, in the currency's smallest unit. It may rise again when a
	// dispute is won or a refund fails.
	Remaining int64
	// Was is the previous Remaining. A commission that already matches
	// Remaining rather than Was was reduced by an earlier call whose commit was
	// partial.
	Was int64
	// Final says that the order was refunded in full, for good.
	Final bool
	// Reopened says that the order was refunded in full and no longer is,
	// because a refund failed. A commission that the refund rejected comes
	// back.
	Reopened bool
	// Policy says what becomes of converted credits already spent; empty means
	// credits.PolicyDebt.
	Policy credits.ClawBackPolicy
	// Key names this change, at most 255 bytes. The keys in the ledger are
	// derived from it and the commission. As in the ledger, keys with reserved
	// prefixes are refused.
	Key string
	// Again says that all of this was reported before. A missing commission is
	// written again as Record describes it, and every claw-back that its row
	// records is looked for in the ledger. An empty Key, allowed only here,
	// says that nothing was ever reversed.
	Again bool
	// Record describes what the order earned; without its Known, nothing is written.
	// With it, even a transaction that began before the commission was recorded finds
	// it.
	Record RecordParams
	// At is when it happened; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// ReduceResult is what [Reduce] did.
type ReduceResult struct {
	// Commissions are the order's, as they stand: at most one, unless another
	// program wrote more.
	Commissions []Commission `json:"commissions,omitempty"`
	// Referrer is what the ledger did to the referrer's account, nil where no
	// credits moved.
	Referrer *credits.Operation `json:"referrer,omitzero"`
	// Done lists what this call did: [credits.PartCommission] and, on the
	// referrer's account, [credits.PartClawBack] and [credits.PartGrant].
	Done []credits.Part `json:"done,omitempty"`
	// Known is true if an earlier call had done some of it.
	Known bool `json:"known"`
}

// Reduce reduces the commission of an order to that of the remaining amount,
// rounded down; ReversedAmount is the rest. Package orders does so in the
// transaction of a refund or dispute.
//
// A commission that was not paid out is rejected when the refund is full and Final,
// and comes back when that is Reopened. One that was converted loses credits in
// proportion, all of them if nothing remains; the policy decides about spent ones.
// One that was paid in money stays paid: PaidAmount minus CommissionAmount was
// overpaid, which [GetSummary] reports as a negative Due and the team settles with a
// later payout. A rejected commission stays as it is. An order without a commission
// is no error.
//
// The commission's row records the claw-backs of converted credits, so that a
// call whose commit was partial can be repeated: each happens once, by its key.
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
