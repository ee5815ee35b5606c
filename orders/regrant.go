package orders

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/mend"
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
// the order. among are orders that it has at hand.
//
// Credits that are over, or that a renewal has carried on, keep their time, and are only
// counted again.
//
// The ledger has no verb that moves a lot's expiry, and needs none for this: all
// balances, of any time, follow from these entries, and audit.Verify proves them. What
// was earned in all counts the credits twice.
func (o *Order) regrant(ctx context.Context, tx bun.Tx, amount int64, expires, at time.Time, ahead time.Duration, among ...*Order) error {
	same := amount == o.Credits && (expires.Sub(o.CreditsExpireAt).Abs() <= regrantOver || amount == 0)
	if same || o.PaidAmount == nil && o.GrantKey == "" {
		return nil
	}
	on, err := o.carriedOn(ctx, tx, at)
	if err != nil {
		return err
	}
	if on != nil {
		return o.countAgain(ctx, tx, on, amount, at, ahead, among...)
	}
	over, err := o.isOver(ctx, tx, expires, at)
	if err != nil {
		return err
	}
	if over {
		o.CreditsExpireAt = expires
		return o.countAgain(ctx, tx, nil, amount, at, ahead)
	}
	s, err := o.reversals()
	if err != nil {
		return err
	}
	r := regranting{at: at, ahead: ahead}
	if now, err := o.accountTime(ctx, tx, at); err != nil {
		return err
	} else if !expires.After(now) {
		r.ended = now
	}
	r.take(o)
	o.recount(amount)
	o.Granted, o.CreditsExpireAt, o.RefundedCredits = 0, expires, o.claimed(o.back(s))
	if err := o.lookAgain(ctx, tx, among); err != nil {
		return err
	}
	if err := r.grant(ctx, tx, o, "", 0); err != nil {
		return err
	}
	return r.post(ctx, tx)
}

// isOver reports whether the order's credits have expired and would have with this end, too.
func (o *Order) isOver(ctx context.Context, tx bun.Tx, expires, at time.Time) (bool, error) {
	if o.CreditsExpireAt.After(expires) {
		expires = o.CreditsExpireAt
	}
	if o.GrantKey == "" && !o.granted() {
		return false, nil
	}
	return o.expired(ctx, tx, expires, at)
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

// regranting takes back grants and makes them anew, in one batch.
type regranting struct {
	at    time.Time
	ahead time.Duration
	// ended, unless it is zero, is now, and the new end has passed: the new grant lasts for
	// a moment, because it could not pay what was spent of the old one otherwise.
	ended time.Time
	ops   []credits.Op
}

// take takes back all of the order's grant, if it has one.
func (r *regranting) take(o *Order) {
	if !o.granted() {
		return
	}
	r.ops = append(r.ops, credits.ClawBackParams{
		UserUUID: o.UserUUID, GrantKey: o.grantKey(), Total: o.inLedger(), Policy: credits.PolicyDebt,
		Key: ledgerkey.Of("order:regrant:"+strconv.FormatInt(o.Regrants+1, 10), o.OrderNo), OrderNo: o.OrderNo, At: r.at, MaxAhead: r.ahead,
	})
}

// grant grants the order's credits anew, and takes of them what refunds and changes had
// taken. At most so many credits that are left of the grant with the key kept go along, or,
// where that is empty, what the order's own grant before had carried over.
func (r *regranting) grant(ctx context.Context, tx bun.Tx, o *Order, kept string, most int64) error {
	s, err := o.reversals()
	if err != nil {
		return err
	}
	o.Regrants++
	if s.ClawBacks = nil; o.granted() {
		p, err := o.grant(ctx, tx, r.ahead)
		if err != nil {
			return err
		}
		if !r.ended.IsZero() {
			p.At, p.ExpiresAt = r.ended, r.ended.Add(time.Microsecond)
		}
		if kept != "" {
			p.CarryOver = &credits.CarryOver{GrantKey: kept, Max: most, Within: ever}
		}
		r.ops = append(r.ops, p)
		if claw, taken := r.reclaim(o, s); taken {
			r.ops = append(r.ops, claw)
			s.ClawBacks = []mend.ClawBack{mend.Recorded(claw)}
		}
	}
	if o.Reversals != "" || len(s.ClawBacks) > 0 {
		o.Reversals, err = s.text()
	}
	return err
}

// reclaim takes of a new grant what was taken of the one before.
func (r *regranting) reclaim(o *Order, s *reversals) (credits.ClawBackParams, bool) {
	total := o.takes(nil, o.RefundedCredits)
	return credits.ClawBackParams{
		UserUUID: o.UserUUID, GrantKey: o.grantKey(), Total: total, Policy: s.Policy,
		Key: o.reclaimKey(), OrderNo: o.OrderNo, At: r.at, MaxAhead: r.ahead,
	}, total > 0
}

// reclaimKey is the key of that.
func (o *Order) reclaimKey() string {
	return ledgerkey.Of("order:reclaim:"+strconv.FormatInt(o.Regrants, 10), o.OrderNo)
}

// post does all of it, or nothing.
func (r *regranting) post(ctx context.Context, tx bun.Tx) error {
	_, err := credits.Post(mend.Allow(ctx, r.ops), tx, credits.PostParams{Ops: r.ops, AllOrNothing: true})
	return err
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
