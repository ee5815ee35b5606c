package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// MarkPaidParams describe a payment.
type MarkPaidParams struct {
	// OrderNo is required.
	OrderNo string
	// Paid is what the payment was, discounts and taxes included; nil means as
	// ordered. Its Amount may be 0, its Currency is the order's.
	Paid *Money
	// PayRef is the provider's name for the payment, at most 255 characters. A
	// later call fills it in where it was empty.
	PayRef string
	// SubID is the provider's subscription that the order began, at most 200
	// bytes. A later call fills it in where it was empty.
	SubID string
	// PeriodStart and PeriodEnd bound the period of a subscription that is paid,
	// as the provider states it. Without them the period starts with the payment
	// and lasts for the order's interval. Other orders have none.
	PeriodStart, PeriodEnd time.Time
	// Credits is what is granted for an order that does not say, as those of
	// other programs do not; ignored for others.
	Credits int64
	// Tiers is the referrer's commission scale; nil means
	// affiliates.DefaultTiers, an empty one pays nothing.
	Tiers affiliates.Tiers
	// At is when it was paid; zero means now.
	At time.Time
}

// MarkPaid records that an order was paid: its status, the credits and the
// referrer's commission, in one transaction. A pending, failed or cancelled
// order becomes paid. One that is paid already is returned as a replay, with
// its original grant; of concurrent calls one does the work.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - ErrNotFound;
//   - *StateError when it is refunded: the call is late;
//   - *PaidTwiceError when it is paid by a payment with another PayRef;
//   - *CurrencyError when p.Paid is not in the order's currency;
//   - *credits.LimitError when the account would pass what it can hold;
//   - *dialect.Error when the engine fails.
func MarkPaid(ctx context.Context, db bun.IDB, p MarkPaidParams) (*Result, error) {
	pay, err := p.payment()
	if err != nil {
		return nil, err
	}
	get := GetParams{OrderNo: p.OrderNo}
	if err := get.check(); err != nil {
		return nil, err
	}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		o, err := get.lock(ctx, tx)
		if err != nil {
			return err
		}
		result, err = pay.settle(ctx, tx, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// payment checks p and returns it as a payment.
func (p MarkPaidParams) payment() (*payment, error) {
	pay := &payment{
		ref: p.PayRef, subID: p.SubID, start: p.PeriodStart, end: p.PeriodEnd,
		credits: p.Credits, tiers: p.Tiers, at: p.At,
	}
	paid, err := p.Paid.check("Paid")
	if err != nil {
		return nil, err
	}
	pay.paid = paid
	return pay, pay.check()
}

// payment is money that pays an order, first or renewal.
type payment struct {
	paid       *Money
	ref, subID string
	start, end time.Time
	credits    int64
	carry      *credits.CarryOver
	tiers      affiliates.Tiers
	at         time.Time
}

func (p *payment) check() error {
	var errs [3]error
	p.at, errs[0] = valid.Time("At", p.at)
	if !p.start.IsZero() {
		p.start, errs[1] = valid.Time("PeriodStart", p.start)
	}
	if !p.end.IsZero() {
		p.end, errs[2] = valid.Time("PeriodEnd", p.end)
	}
	err := valid.First(
		errs[0], errs[1], errs[2],
		valid.Optional("PayRef", p.ref, maxName), checkSubID(p.subID),
		valid.AmountOrZero("Credits", p.credits), p.tiers.Check(),
	)
	switch {
	case err != nil:
		return err
	case !p.end.IsZero() && p.start.IsZero():
		return valid.Failf("PeriodStart", "empty, with a PeriodEnd")
	case !p.end.IsZero() && !p.end.After(p.start):
		return valid.Failf("PeriodEnd", "not after PeriodStart")
	}
	return nil
}

// settle pays a locked order, or finds it paid.
func (p *payment) settle(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	switch o.Status {
	case StatusPaid:
		return p.settled(ctx, tx, o)
	case StatusPending, StatusFailed, StatusCancelled:
	default: // refunded, or a word of another program
		return nil, &StateError{OrderNo: o.OrderNo, From: o.Status, To: StatusPaid}
	}
	if err := p.apply(o); err != nil {
		return nil, err
	}
	if _, err := p.namePeriod(ctx, tx, o); err != nil {
		return nil, err
	}
	result := &Result{Order: o}
	// The ledger comes first, because it may refuse: nothing is written then.
	var err error
	if o.Credits > 0 {
		if result.Operation, err = credits.Grant(ledgerkey.Allow(ctx, o.grantKey()), tx, p.grant(o)); err != nil {
			return nil, err
		}
	}
	earned, err := affiliates.Record(ctx, tx, affiliates.RecordParams{
		OrderNo: o.OrderNo, CustomerUUID: o.UserUUID, Amount: o.Paid(), Currency: o.Currency,
		Tiers: p.tiers, At: p.at,
	})
	if err != nil {
		return nil, err
	}
	result.Commission = earned.Commission
	return result, update(ctx, tx, o)
}

// apply changes the order as the payment does.
func (p *payment) apply(o *Order) error {
	paid := o.Amount
	if p.paid != nil {
		if o.Currency == "" {
			o.Currency = p.paid.Currency
		}
		if o.Currency != p.paid.Currency {
			return &CurrencyError{OrderNo: o.OrderNo, Want: o.Currency, Got: p.paid.Currency}
		}
		paid = p.paid.Amount
	}
	o.Status, o.PaidAt, o.UpdatedAt, o.PaidAmount = StatusPaid, p.at, p.at, &paid
	o.FailureReason = ""
	if p.ref != "" {
		o.PayRef = p.ref
	}
	if p.subID != "" {
		o.SubID = p.subID
	}
	if o.Credits == 0 {
		o.Credits = p.credits
	}
	p.period(o)
	return nil
}

// period sets what period is paid and when the credits expire. A renewal has
// its period already.
func (p *payment) period(o *Order) {
	months := o.Interval.months()
	if months == 0 {
		o.CreditsExpireAt = addMonths(p.at, lifetime)
		return
	}
	if o.RenewalKey == "" {
		o.PeriodStart, o.PeriodEnd = p.start, p.end
		if o.PeriodStart.IsZero() {
			o.PeriodStart = p.at
		}
		if o.PeriodEnd.IsZero() {
			o.PeriodEnd = periodEnd(o.PeriodStart, o.PeriodStart, months)
		}
	}
	o.CreditsExpireAt = o.PeriodEnd
}

// grant is the ledger's part.
func (p *payment) grant(o *Order) credits.GrantParams {
	at := o.PaidAt
	if !o.CreditsExpireAt.After(at) {
		// The payment is reported after its period: what was bought was there
		// from the period's start, and has expired.
		at = o.PeriodStart
	}
	return credits.GrantParams{
		UserUUID: o.UserUUID, Amount: o.Credits, Type: credits.TypeOrderPay, Key: o.grantKey(),
		ExpiresAt: o.CreditsExpireAt, CarryOver: p.carry, OrderNo: o.OrderNo, At: at,
	}
}

// settled is the result for an order that is paid already. What the first call
// did not know is filled in.
func (p *payment) settled(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	if p.ref != "" && o.PayRef != "" && p.ref != o.PayRef {
		return nil, &PaidTwiceError{OrderNo: o.OrderNo, PayRef: o.PayRef, Other: p.ref}
	}
	changed := false
	if p.ref != "" && o.PayRef == "" {
		o.PayRef, changed = p.ref, true
	}
	if p.subID != "" && o.SubID == "" {
		o.SubID, changed = p.subID, true
	}
	named, err := p.namePeriod(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if changed || named {
		o.UpdatedAt = p.at
		if err := update(ctx, tx, o); err != nil {
			return nil, err
		}
	}
	return replay(ctx, tx, o)
}
