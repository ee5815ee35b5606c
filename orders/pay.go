package orders

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// MarkPaidParams describe a payment.
type MarkPaidParams struct {
	// OrderNo is required.
	OrderNo string
	// Provider is who took the money, and whose names the PayRef, the Invoice and the
	// SubID are; empty means the order's PayType. An order that another one than that
	// is paid by is its from then on.
	Provider PayType
	// Paid is what the payment was, after discounts and with taxes; nil means as
	// ordered. Its Amount may be 0, its Currency is the order's, unless Accept
	// accepts another.
	Paid *Money
	// Local is what the customer paid in another currency where the provider
	// converted it to Paid; nil means Paid.
	Local *Money
	// Tax is what of the payment was tax, and Discount what was taken off the
	// price before, in the currency of Local, or else of Paid. No commission is
	// earned on tax. A later call fills them in where they were not known.
	Tax, Discount int64
	// Subtotal is the price before discounts and taxes that are added to it, in
	// the currency of Paid; 0 means Paid and Discount together.
	Subtotal int64
	// Accept is asked about a payment that is not what the order asks for: its
	// Subtotal is less than the Amount, or it is in another currency. It is asked
	// under the order's lock, before anything is written. Nil accepts every
	// amount and no other currency. An order whose payment is accepted in another
	// currency counts as paid as ordered; the Payment has what was paid.
	Accept func(ctx context.Context, m Mismatch) bool
	// Invoice is the provider's name for the invoice that was paid, where there
	// is one. Where the payment's own is not known, [LinkPayment] tells it.
	Invoice string
	// PayRef is the provider's name for the payment, at most 255 characters. A
	// later call fills it in where it was empty.
	PayRef string
	// FromBalance is what of the bill was paid with money that the provider kept for
	// the customer, beside Paid. A refund of all of Paid leaves what that bought.
	FromBalance int64
	// SubID is the provider's subscription that the order began, at most 200
	// bytes. A later call fills it in where it was empty.
	SubID string
	// PeriodStart and PeriodEnd bound the period of a subscription that is paid,
	// as the provider states it. Without them the period starts with the payment
	// and lasts for the order's interval. Other orders have none.
	PeriodStart, PeriodEnd time.Time
	// Lines are what the payment is for, as the provider billed it; see
	// RenewParams. The order says what it bought; where its Amount is the price of
	// one seat and several were bought, its Credits are multiplied.
	Lines []Line
	// Grace is how long the credits of a subscription outlive their period, so
	// that they are there until its renewal is paid: at most a year, 0 for none.
	Grace time.Duration
	// Credits is what is granted for an order that does not say, as those of
	// other programs do not; ignored for others.
	Credits int64
	// Grants, when not nil, is what the payment grants in all, whatever the order and
	// the lines say. A later call that is the first to say so corrects the grant.
	Grants *int64
	// ExpiresAt, with Grants, is when they expire; zero means as they would.
	ExpiresAt time.Time
	// Tiers is the referrer's commission scale; nil means
	// affiliates.DefaultTiers, an empty one pays nothing.
	Tiers affiliates.Tiers
	// At is when it was paid; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime takes any time.
	MaxAhead time.Duration
}

// MarkPaid records that an order was paid: its status, the credits and the
// referrer's commission, in one transaction. A pending, failed or cancelled
// order becomes paid. One that is paid already is returned as a replay, with
// its original grant; of concurrent calls one does the work. The fee of a trial,
// once [StartTrial] knows it, is no payment of the order that began the subscription:
// its report returns the trial's order as a replay.
//
// A repeated call does not trust the order's row: it looks for the grant, the
// claw-backs of refunds since, and the commission, each by its key. What is
// missing is done again as it was at the time, from what the order keeps of it,
// and named in Mended. An order that another program marked as paid is granted
// its credits unless the account has an entry that may be theirs: one of type
// order_pay that names the order, or that the ledger did not write, since the
// order was made and not of another amount.
//
// A payment with another PayRef than the one that paid the order, or of another Invoice
// where one of them has none, is kept as surplus: it grants nothing, Result.Payment says so, [ListPayments] lists it,
// and its refund concerns nothing else. What was refunded or disputed of the
// payment before this call is applied with it.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *NotFoundError;
//   - *StateError when it is refunded: the call is late. A payment that is known
//     by its PayRef to have paid the order is a replay even then;
//   - *AmountError when Accept does not accept what was paid;
//   - *PaymentTakenError when the PayRef is a payment of another order;
//   - *CurrencyError when p.Paid is not in the order's currency, and that is not
//     accepted;
//   - *credits.KeyReusedError when the ledger has another grant under the
//     order's key;
//   - *credits.LimitError when the account would pass what it can hold;
//   - *dialect.NarrowColumnError when an adopted column does not hold an amount;
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
		if result, err = pay.settle(ctx, tx, o); err != nil || result.Order.trial() {
			return err // the fee of its trial is known
		}
		if err := o.rebalance(ctx, tx, pay.at, pay.ahead); err != nil {
			return err
		}
		if err := result.observe(ctx, tx, o, pay.of(o), cmp.Or(pay.subID, o.SubID), SubActive, pay.at); err != nil {
			return err
		}
		if err := result.Subscription.moveEnd(ctx, tx, o, pay.at, pay.ahead); err != nil {
			return err
		}
		return result.pastTrial(ctx, tx, o, pay)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// payment checks p and returns it as a payment.
func (p MarkPaidParams) payment() (*payment, error) {
	pay := &payment{
		provider: p.Provider, ref: p.PayRef, subID: p.SubID, start: p.PeriodStart, end: p.PeriodEnd,
		credits: p.Credits, grace: p.Grace, tiers: p.Tiers, at: p.At, ahead: p.MaxAhead,
		invoice: p.Invoice, tax: p.Tax, discount: p.Discount, subtotal: p.Subtotal, accept: p.Accept,
		balance: p.FromBalance, grants: p.Grants, expires: p.ExpiresAt,
	}
	var err error
	if pay.paid, err = p.Paid.check("Paid"); err != nil {
		return nil, err
	}
	if !p.ExpiresAt.IsZero() && p.Grants == nil {
		return nil, valid.Failf("Grants", "required with ExpiresAt")
	}
	if pay.local, err = p.Local.check("Local"); err != nil {
		return nil, err
	}
	if p.Local != nil && p.Paid == nil {
		return nil, valid.Failf("Paid", "required with Local")
	}
	if len(p.Lines) > 0 {
		if err := checkLines(p.Lines); err != nil {
			return nil, err
		}
		b := newBill(p.Lines)
		pay.bill = &b
	}
	return pay, pay.check()
}

// payment is money that pays an order, first or renewal.
type payment struct {
	// provider is who took it, empty for the order's.
	provider                PayType
	paid, local             *Money
	tax, discount, subtotal int64
	balance                 int64
	accept                  func(context.Context, Mismatch) bool
	ref, invoice, subID     string
	start, end              time.Time
	credits                 int64
	carry                   *carryOver
	bill                    *bill
	grace                   time.Duration
	// grants, when not nil, is what is granted, whatever the order says, and expires,
	// when set, when that expires, whatever the period.
	grants  *int64
	expires time.Time
	tiers   affiliates.Tiers
	at      time.Time
	ahead   time.Duration
}

func (p *payment) check() error {
	if p.invoice == p.ref {
		p.invoice = ""
	}
	var errs [4]error
	p.at, errs[0] = valid.Time("At", p.at)
	if !p.start.IsZero() {
		p.start, errs[1] = valid.Time("PeriodStart", p.start)
	}
	if !p.end.IsZero() {
		p.end, errs[2] = valid.Time("PeriodEnd", p.end)
	}
	if !p.expires.IsZero() {
		p.expires, errs[3] = valid.Time("ExpiresAt", p.expires)
	}
	if p.grants != nil {
		if err := valid.AmountOrZero("Credits", *p.grants); err != nil {
			return err
		}
	}
	err := valid.First(
		errs[0], errs[1], errs[2], errs[3], p.provider.optional("Provider"),
		valid.Optional("PayRef", p.ref, maxName), valid.Optional("Invoice", p.invoice, maxName), checkSubID(p.subID),
		valid.AmountOrZero("Tax", p.tax), valid.AmountOrZero("Discount", p.discount),
		valid.AmountOrZero("Subtotal", p.subtotal), valid.AmountOrZero("FromBalance", p.balance),
		valid.AmountOrZero("Credits", p.credits), p.tiers.Check(),
	)
	switch {
	case err != nil:
		return err
	case p.grace < 0 || p.grace > maxWithin:
		return valid.Failf("Grace", "%v is not between 0 and a year", p.grace)
	case !p.expires.IsZero() && !p.expires.After(p.start):
		return valid.Failf("ExpiresAt", "not after the period's start")
	case !p.end.IsZero() && p.start.IsZero():
		return valid.Failf("PeriodStart", "required with PeriodEnd")
	case !p.end.IsZero() && !p.end.After(p.start):
		return valid.Failf("PeriodEnd", "not after PeriodStart")
	}
	return nil
}

// of is whose the payment is.
func (p *payment) of(o *Order) PayType { return cmp.Or(p.provider, o.PayType) }

// apply changes the order as the payment does.
func (p *payment) apply(ctx context.Context, o *Order) error {
	paid, err := p.accepted(ctx, o)
	if err != nil {
		return err
	}
	o.PaidTax, o.FromBalance = p.taxOf(paid), p.balance
	o.Status, o.PaidAt, o.UpdatedAt, o.PaidAmount = StatusPaid, p.at, p.at, &paid
	o.FailureReason = ""
	o.PayType = p.of(o)
	if p.ref != "" {
		o.PayRef = p.ref
	}
	if p.subID != "" {
		o.begins(o.PayType, p.subID)
	}
	if o.Credits == 0 {
		o.Credits = p.credits
	}
	ordered := o.Credits
	p.lessens(o)
	p.seats(o)
	if p.grants != nil {
		o.Credits = *p.grants
	}
	if o.Credits != ordered {
		o.OrderedCredits = ordered
	}
	if p.carry != nil {
		o.CarriedFrom, o.CarriedRegrants = p.carry.from, p.carry.regrants
		o.CarryOver, o.CarryOverWithin = p.carry.most, p.carry.within
	}
	p.period(o)
	return nil
}

// priced notes what the bill says of an order that began a subscription, where
// that is not known: its worth, its price and how many seats. It reports whether
// there was any news.
func (p *payment) priced(o *Order) bool {
	if p.bill == nil || !o.Interval.recurs() || o.FirstOrderNo != "" {
		return false
	}
	main := p.bill.main()
	if main == nil {
		return false
	}
	before := *o
	o.PriceID = cmp.Or(o.PriceID, main.PriceID)
	list, worth := p.bill.list()
	if o.Quantity == 0 {
		o.Quantity = main.Quantity
	}
	if o.Quantity == 0 && o.Amount > 0 && list > 0 && list%o.Amount == 0 {
		o.Quantity = list / o.Amount
	}
	if o.Worth == nil && list > 0 {
		o.Worth = &worth
	}
	return before.PriceID != o.PriceID || before.Quantity != o.Quantity || before.Worth != o.Worth
}

// seats makes an order that is about to be paid grant its credits for each seat,
// if its Amount is the price of one.
func (p *payment) seats(o *Order) {
	if p.bill == nil || !p.priced(o) && o.Interval.recurs() {
		return
	}
	list, _ := p.bill.list()
	if main := p.bill.main(); main != nil && !o.Interval.recurs() && list == times(o.Amount, main.seats()) {
		o.Quantity = main.Quantity
	}
	if o.Quantity > 1 && list == times(o.Amount, o.Quantity) && o.Credits <= valid.MaxAmount/o.Quantity {
		o.Credits *= o.Quantity
	}
}

// period sets what period is paid and when the credits expire. A renewal has
// its period already.
func (p *payment) period(o *Order) {
	if !o.Interval.recurs() {
		o.CreditsExpireAt = addMonths(p.at, lifetime)
		return
	}
	if o.RenewalKey == "" {
		o.PeriodStart, o.PeriodEnd = p.start, p.end
		if o.PeriodStart.IsZero() {
			o.PeriodStart = p.at
		}
		if o.PeriodEnd.IsZero() {
			o.PeriodEnd = o.Interval.end(o.PeriodStart, o.PeriodStart)
		}
	}
	o.Grace = p.grace
	if o.CreditsExpireAt = p.expires; p.expires.IsZero() {
		o.CreditsExpireAt = o.lotEnd().Add(o.Grace)
	}
	if o.Grants > 0 && o.GrantsMade == 0 && o.TakesBack == 0 {
		o.GrantsMade, o.NextGrantAt = 1, o.lotEnd()
	}
}
