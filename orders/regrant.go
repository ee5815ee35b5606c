package orders

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// regrantOver is by how much an expiry has to be wrong to be corrected: the first
// period is computed from the payment, which comes seconds after its start.
const regrantOver = time.Hour

// regrant makes the credits of a paid order end at another time, or be another number:
// the provider said how long the period is after it had been computed, or what was
// bought. History never changes, so the old grant is taken back and the credits are
// granted anew, in one batch; what was spent of the old ones is paid by the new ones, and
// what refunds had taken is taken again. What the order had carried over goes along, as far
// as it is unspent; where the new end has passed, that keeps the old one. The caller writes
// the order.
//
// The ledger has no verb that moves a lot's expiry, and needs none for this: all
// balances, of any time, follow from these entries, and audit.Verify proves them. What
// was earned in all counts the credits twice.
func (o *Order) regrant(ctx context.Context, tx bun.Tx, amount int64, expires, at time.Time, ahead time.Duration) error {
	same := amount == o.Credits && (expires.Sub(o.CreditsExpireAt).Abs() <= regrantOver || amount == 0)
	if same || o.PaidAmount == nil && o.GrantKey == "" {
		return nil
	}
	if on, err := o.carriedOn(ctx, tx); err != nil || on {
		return err
	}
	s, err := o.reversals()
	if err != nil {
		return err
	}
	var ops []credits.Op
	var keys []string
	n := strconv.FormatInt(o.Regrants+1, 10)
	if o.granted() {
		claw := credits.ClawBackParams{
			UserUUID: o.UserUUID, GrantKey: o.grantKey(), Total: o.Credits, Policy: credits.PolicyDebt,
			Key: ledgerkey.Of("order:regrant:"+n, o.OrderNo), OrderNo: o.OrderNo, At: at, MaxAhead: ahead,
		}
		ops, keys = append(ops, claw), append(keys, claw.Key)
	}
	o.recount(amount)
	o.Regrants, o.CreditsExpireAt, o.RefundedCredits = o.Regrants+1, expires, o.claimed(o.back(s))
	if s.ClawBacks = nil; o.granted() {
		grant, err := o.grant(ctx, tx, ahead)
		if err != nil {
			return err
		}
		ops, keys = append(ops, grant), append(keys, o.grantKey())
		if claw, taken := o.reclaim(s, n, at, ahead); taken {
			ops, keys = append(ops, claw), append(keys, claw.Key)
			s.ClawBacks = []mend.ClawBack{mend.Recorded(claw)}
		}
	}
	if o.Reversals != "" || len(s.ClawBacks) > 0 {
		if o.Reversals, err = s.text(); err != nil {
			return err
		}
	}
	_, err = credits.Post(ledgerkey.Allow(ctx, keys...), tx, credits.PostParams{Ops: ops, AllOrNothing: true})
	return err
}

// recount makes the order grant another number of credits than it did.
func (o *Order) recount(amount int64) {
	if amount != o.Credits && o.OrderedCredits == 0 {
		o.OrderedCredits = o.Credits
	}
	if o.Credits = amount; o.Credits == o.OrderedCredits {
		o.OrderedCredits = 0
	}
}

// reclaim takes of a new grant what was taken of the one before.
func (o *Order) reclaim(s *reversals, n string, at time.Time, ahead time.Duration) (credits.ClawBackParams, bool) {
	return credits.ClawBackParams{
		UserUUID: o.UserUUID, GrantKey: o.grantKey(), Total: o.RefundedCredits, Policy: s.Policy,
		Key: ledgerkey.Of("order:reclaim:"+n, o.OrderNo), OrderNo: o.OrderNo, At: at, MaxAhead: ahead,
	}, o.RefundedCredits > 0
}

// carriedOn reports whether a renewal kept what was unspent of the order's
// credits: they have the renewal's time by then.
func (o *Order) carriedOn(ctx context.Context, tx bun.Tx) (bool, error) {
	n, err := rows.Count(ctx, tx.NewSelect().Model((*Order)(nil)).ColumnExpr("1").
		Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", o.SubID).Where("carried_from = ?", o.OrderNo).Limit(1))
	return n > 0, err
}

// corrected takes over the period that a report on the subscription states, for
// an order whose period had to be computed when it was paid.
func (o *Order) corrected(ctx context.Context, tx bun.Tx, p SyncSubscriptionParams) (bool, error) {
	begun := !p.PeriodStart.IsZero() && p.PeriodEnd.After(p.PeriodStart) &&
		!o.PaidAt.Before(p.PeriodStart.Add(-paidEarly)) && o.PaidAt.Before(p.PeriodEnd)
	if o.PaidAmount == nil || o.SubID != p.SubID || !begun {
		return false, nil
	}
	stated := payment{start: p.PeriodStart, end: p.PeriodEnd}
	named, err := stated.namePeriod(ctx, tx, o)
	if err != nil || !named {
		return false, err
	}
	return true, o.regrant(ctx, tx, o.Credits, o.lotEnd().Add(o.Grace), p.At, p.MaxAhead)
}
