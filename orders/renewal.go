package orders

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// paidEarly is how much earlier than its period a payment may be stamped and
// still be the one that the period was paid with: clocks differ.
const paidEarly = 5 * time.Minute

// maxWithin is the longest CarryOverWithin.
const maxWithin = 365 * 24 * time.Hour

// maxCovering bounds how many orders paid within one period are looked at.
const maxCovering = 10

// renewalKey names a period of a subscription.
func renewalKey(subID string, start time.Time) string {
	return subID + "@" + start.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// renewalNo is the number of a period's order. It follows from the period, so
// that a row that was lost is made again under the same number, which the
// ledger's keys and the commission go by.
func renewalNo(renewalKey string) string {
	sum := sha256.Sum256([]byte("chameleon renewal\x00" + renewalKey))
	return "ORD" + base32.StdEncoding.EncodeToString(sum[:])[:26]
}

// namePeriod notes on a paid order, which began a subscription, the period as
// the provider states it, and reports whether it did: not when it is noted
// already or is that of another order.
func (p *payment) namePeriod(ctx context.Context, tx bun.Tx, o *Order) (bool, error) {
	if p.start.IsZero() || o.SubID == "" || o.RenewalKey != "" || !o.Interval.recurs() {
		return false, nil
	}
	key := renewalKey(o.SubID, p.start)
	other, err := byRenewalKey(ctx, tx, key)
	if err != nil || other != nil {
		return false, err
	}
	o.RenewalKey, o.PeriodStart = key, p.start
	if p.end.After(p.start) {
		o.PeriodEnd = p.end
	}
	return true, nil
}

// byRenewalKey finds the order of a period, nil for none.
func byRenewalKey(ctx context.Context, tx bun.Tx, key string) (*Order, error) {
	o := new(Order)
	err := rows.Now(ctx, tx, tx.NewSelect().Model(o)).Where("renewal_key = ?", key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return o, dialect.Classify(err)
}

// period is one period of a subscription that was paid for or could not be.
type period struct {
	subID      string
	start, end time.Time
	plan       *Plan
	due        *Money
	payRef     string
	at         time.Time
	// bill is what the provider billed, nil where nobody said; policy is what a
	// change of plans does.
	bill   *bill
	change ChangePolicy
	// credits, when not nil, is what the period grants.
	credits *int64
	// netted is RenewParams.Netted.
	netted bool
	// onTop is RenewParams.TaxOnTop.
	onTop bool
	// money is what was paid, nil for a payment that failed.
	money *payment
}

// order returns the order of the period, locked: the one that has it, the one
// that paid for it without being told, or a new one, which is pending. The
// first order is locked, so that two calls do not both make one.
func (p *period) order(ctx context.Context, tx bun.Tx, first *Order) (o *Order, fresh bool, err error) {
	key := renewalKey(p.subID, p.start)
	if o, err := p.paidBy(ctx, tx, first); err != nil || o != nil {
		return o, false, err
	}
	if first.RenewalKey == key {
		return first, false, nil
	}
	known, err := byRenewalKey(ctx, tx, key)
	// A change of plans within minutes of the first payment is not that one.
	if err == nil && known == nil && !p.changes() {
		known, err = p.covered(ctx, tx, first)
	}
	switch {
	case err != nil:
		return nil, false, err
	case known != nil && known.OrderNo == first.OrderNo:
		return first, false, nil
	case known != nil:
		o, err = GetParams{OrderNo: known.OrderNo}.lock(ctx, tx)
		return o, false, err
	}
	o = p.draft(first)
	inserted, err := rows.Insert(ctx, tx, o)
	if err != nil || inserted {
		return o, true, err
	}
	return p.findBehindSnapshot(ctx, tx, key)
}

// paidBy returns the order of the subscription that the payment paid or is a
// surplus of, locked, nil where it is not known: providers correct the period
// that they stated first.
func (p *period) paidBy(ctx context.Context, tx bun.Tx, first *Order) (*Order, error) {
	if p.payRef == "" {
		return nil, nil
	}
	row, err := findPayment(ctx, tx, first.PayType, p.payRef)
	if err != nil || row == nil || row.Status == PaymentUnmatched && row.UserUUID == "" {
		return nil, err // what names an order there is its metadata, if anything
	}
	if row.OrderNo == first.OrderNo {
		return first, nil
	}
	o, err := GetParams{OrderNo: row.OrderNo}.lock(ctx, tx)
	if err != nil || o.SubID != p.subID { // settling refuses it as another order's
		return nil, err
	}
	return o, nil
}

// findBehindSnapshot reads the order of a period that the caller's transaction cannot see
// otherwise: its snapshot is older than the lock.
func (p *period) findBehindSnapshot(ctx context.Context, tx bun.Tx, key string) (*Order, bool, error) {
	o := new(Order)
	q := tx.NewSelect().Model(o).Where("renewal_key = ?", key)
	err := rows.ForUpdate(q, tx).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) { // its number is what is taken, by another order
		return nil, false, &DuplicateError{OrderNo: renewalNo(key)}
	}
	return o, false, dialect.Classify(err)
}

// covered finds the paid order that does not say which period it paid for, and
// was paid within this one: the first order, whose period had to be computed,
// or one by another program. Another payment's reference tells it apart, except from a change within
// it; see isPeriodOf.
func (p *period) covered(ctx context.Context, tx bun.Tx, first *Order) (*Order, error) {
	var found []Order
	q := rows.Now(ctx, tx, tx.NewSelect().Model(&found)).
		Where("user_uuid = ?", first.UserUUID).
		Where("sub_id = ?", p.subID).
		Where("renewal_key IS NULL").
		Where("status IN (?, ?)", StatusPaid, StatusRefunded)
	err := moment.Within(q, "paid_at", p.start.Add(-paidEarly), p.until(first)).
		OrderExpr(moment.Column(dialect.Of(tx), "paid_at") + ", id").
		Limit(maxCovering).
		Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	for i := range found {
		o := &found[i]
		other := p.payRef != "" && o.PayRef != "" && p.payRef != o.PayRef
		if o.SubID == p.subID && (!other || p.isPeriodOf(o, first)) {
			return o, nil
		}
	}
	return nil, nil
}

// isPeriodOf reports whether the period is the one that an order paid, although another payment is
// told: a provider that bills the net has no other period begin before its first payment.
func (p *period) isPeriodOf(o, first *Order) bool {
	return p.netted && o.OrderNo == first.OrderNo && !p.start.After(o.PaidAt)
}

// until is when the period ends.
func (p *period) until(first *Order) time.Time {
	if !p.end.IsZero() {
		return p.end
	}
	anchor := first.PeriodStart
	if anchor.IsZero() || anchor.After(p.start) {
		anchor = p.start
	}
	return p.interval(first).end(anchor, p.start)
}

// interval is how often the period's plan is billed. Only subscriptions renew:
// an order of another program that does not say is taken for monthly.
func (p *period) interval(first *Order) Interval {
	i := first.Interval
	if plan := p.planned(); plan != nil && plan.Interval != "" {
		i = plan.Interval
	}
	if !i.recurs() {
		return IntervalMonth
	}
	return i
}

// grants is in how many monthly grants the period's credits come, 0 for at once.
func (p *period) grants(first *Order) int64 {
	plan, months := p.planned(), p.interval(first).months()
	monthly := first.Grants > 0
	if plan != nil {
		monthly = plan.Monthly
	}
	if !monthly || months < 2 {
		return 0
	}
	return int64(months)
}

// draft is the order of a period that has none.
func (p *period) draft(first *Order) *Order {
	o := &Order{
		OrderNo: renewalNo(renewalKey(p.subID, p.start)), UserUUID: first.UserUUID, Status: StatusPending, PayType: first.PayType,
		SubID: p.subID, CreatedAt: p.at, UpdatedAt: p.at,
		RenewalKey: renewalKey(p.subID, p.start), FirstOrderNo: first.OrderNo,
	}
	p.fill(o, first)
	return o
}

// fill sets what the period buys, and for how much. The last report counts: a
// plan may change between a payment that failed and the one that worked.
func (p *period) fill(o, first *Order) {
	o.ProductID, o.ProductName, o.Credits = first.ProductID, first.ProductName, first.period()
	if plan := p.planned(); plan != nil {
		o.ProductID, o.ProductName, o.Credits = plan.ProductID, plan.ProductName, plan.Credits
	}
	o.Grants = p.grants(first)
	o.Amount, o.Currency = first.Amount, first.Currency
	if p.due != nil {
		o.Amount, o.Currency = p.due.Amount, p.due.Currency
	}
	o.Interval, o.PeriodStart, o.PeriodEnd = p.interval(first), p.start, p.until(first)
}

// carryOver is what a renewal keeps: at most so many credits of an order's, if
// they have not expired for longer than within.
type carryOver struct {
	// from is empty where there was none.
	from     string
	regrants int64
	// net is what that order has granted and kept.
	net    *int64
	most   int64
	within time.Duration
	// missed means that it turned out to grant more once it was over.
	missed bool
}

// carry is how much a renewal keeps of whatever was before, nil for nothing.
func (p RenewParams) carry() *carryOver {
	if p.CarryOver == 0 {
		return nil
	}
	return &carryOver{most: p.CarryOver, within: cmp.Or(p.CarryOverWithin, credits.DefaultCarryOverWithin)}
}

// carryOver is what a renewal keeps of the period before, nil for nothing: that
// period has to reach up to this one, and not to outlive it.
func (p *period) carryOver(ctx context.Context, tx bun.Tx, o *Order, r RenewParams) (*carryOver, error) {
	c := r.carry()
	if c == nil {
		return nil, nil
	}
	from, err := o.next(ctx, tx, "period_start < ?", "period_start DESC, id DESC")
	if err != nil || from == nil || from.CreditsExpireAt.Before(p.start.Add(-c.within)) {
		return c, err
	}
	c.from = from.OrderNo
	c.regrants, c.net = o.looksAt(from)
	by, err := o.next(ctx, tx, "period_start > ?", "period_start, id")
	if by != nil && by.CarriedFrom == c.from && !from.outlives(by) { // it has kept what there was
		c.regrants = nothing
		if by.CarriedNet != nil {
			c.net = by.CarriedNet
		}
	}
	c.missed = c.regrants != nothing && from.Credits-from.RefundedCredits > *c.net
	return c, err
}

// looksAt returns how often the credits of the order before were granted anew when a renewal looks
// for what is left of them, and how many there are.
func (o *Order) looksAt(from *Order) (regrants int64, net *int64) {
	switch net = new(from.net()); {
	case !from.granted(), from.outlives(o):
		return nothing, net
	case from.Regrants == 0 && from.GrantKey != "":
		return original, net
	}
	return from.Regrants, net
}

// lookAgain makes a renewal that granted nothing so far, and so kept nothing, look for what is left
// of the order before once it turns out to grant something. among are orders that are at hand.
func (o *Order) lookAgain(ctx context.Context, tx bun.Tx, among []*Order) error {
	if o.CarriedFrom == "" {
		return nil
	}
	first, err := o.firstGrant(ctx, tx)
	if err != nil || first != nil {
		return err
	}
	from, err := (&Order{OrderNo: o.CarriedFrom, UserUUID: o.UserUUID}).lockedAmong(ctx, tx, among)
	if err != nil {
		return err
	}
	o.CarriedRegrants, o.CarriedNet = o.looksAt(from)
	return nil
}

// outlives reports whether the order's credits last longer than those of a renewal, which then
// keeps none of them: that would only make them expire sooner.
func (o *Order) outlives(by *Order) bool { return o.lotEnd().After(by.lotEnd()) }

// next returns the paid period of the order's subscription, or month of one, that comes
// next to it in time on the side that where and the order say, nil for none. A month that was
// paid out before a change was told which replaces it is none.
func (o *Order) next(ctx context.Context, tx bun.Tx, where, order string) (*Order, error) {
	passed := []string{o.OrderNo}
	for {
		found, err := o.beside(ctx, tx, where, order, passed)
		if err != nil || found == nil {
			return nil, err
		}
		replaced, err := found.begunReplaced(ctx, tx)
		if err != nil || !replaced {
			return found, err
		}
		passed = append(passed, found.OrderNo)
	}
}

// beside is next, without these orders.
func (o *Order) beside(ctx context.Context, tx bun.Tx, where, order string, passed []string) (*Order, error) {
	var found []Order
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&found)).
		Where("user_uuid = ?", o.UserUUID).
		Where("sub_id = ?", o.SubID).
		Where("order_no NOT IN (?)", bun.In(passed)).
		Where(where, o.PeriodStart).
		Where("(part_of IS NOT NULL OR renewal_key IS NULL OR renewal_key NOT LIKE ?)", o.SubID+"#%").
		Where("(status = ? OR status = ? AND refunded_amount + refunded_balance > 0)", StatusPaid, StatusRefunded). // a refund may fail
		OrderExpr(order).
		Limit(1).
		Scan(ctx)
	if err != nil || len(found) == 0 {
		return nil, dialect.Classify(err)
	}
	return &found[0], nil
}
