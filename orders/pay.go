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
	// Provider is who took the money; PayRef, Invoice and SubID are its IDs. Empty
	// means the order's PayType. An order paid through another provider belongs to
	// that one from then on.
	Provider PayType
	// Paid is the amount paid, after discounts and with taxes; nil means the
	// order's. Its Amount may be 0. Its Currency is the order's, unless Accept
	// accepts another.
	Paid *Money
	// Local is what the customer paid in another currency, if the provider
	// converted it to Paid; nil means Paid.
	Local *Money
	// Tax is the tax included in the payment, and Discount what was taken off
	// the price, in the currency of Local or else of Paid. No commission is
	// earned on tax. A later call fills them in if they were unknown.
	Tax, Discount int64
	// Subtotal is the price before discounts and added taxes, in the currency
	// of Paid; 0 means Paid plus Discount.
	Subtotal int64
	// Accept decides on a payment that does not match the order: its Subtotal is
	// less than the Amount, or it is in another currency. It is called under the
	// order's lock, before anything is written. Nil accepts any amount and no
	// other currency. An order whose payment in another currency is accepted
	// counts as paid in full; the Payment has what was really paid.
	Accept func(ctx context.Context, m Mismatch) bool
	// Invoice is the provider's ID of the invoice that was paid, if any. If the
	// payment's own ID is not known yet, [LinkPayment] adds it.
	Invoice string
	// PayRef is the provider's ID of the payment, at most 255 characters. A
	// later call fills it in if it was empty.
	PayRef string
	// FromBalance is the part of the bill paid, in addition to Paid, from the
	// customer's balance with the provider. A refund of all of Paid leaves what the
	// balance bought.
	FromBalance int64
	// CustomerRef is the provider's ID of the customer, at most 255 characters, whose
	// balance that is. Money that went there and was given back otherwise, too, is
	// followed to what it pays for. Orders of a user without one share a balance. A
	// later call fills it in if it was empty.
	CustomerRef string
	// SubID is the provider's ID of the subscription that the order began, at
	// most 200 bytes. A later call fills it in if it was empty.
	SubID string
	// PeriodStart and PeriodEnd bound the paid period of a subscription, as the
	// provider states it. Without them, the period starts with the payment and
	// lasts for the order's interval. One-time orders have no period.
	PeriodStart, PeriodEnd time.Time
	// Lines are the lines of the provider's bill; see RenewParams. What was bought
	// follows from the order. If its Amount is the price of one seat and several
	// were bought, its Credits are multiplied.
	Lines []Line
	// Grace is how long the credits of a subscription outlive their period, so
	// that they last until the renewal is paid: at most a year, 0 for none.
	Grace time.Duration
	// Credits is what is granted for an order that does not say, such as one of
	// another program; ignored otherwise.
	Credits int64
	// Grants, when not nil, is what the payment grants in all, overriding the order
	// and the lines. A later call that is the first to set it corrects the grant.
	Grants *int64
	// ExpiresAt, with Grants, is when they expire; zero means the usual expiry.
	ExpiresAt time.Time
	// Tiers is the referrer's commission scale; nil means
	// affiliates.DefaultTiers, an empty one pays nothing.
	Tiers affiliates.Tiers
	// At is when it was paid; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// MarkPaid records that an order was paid: its status, the credits and the referrer's
// commission, in one transaction. A pending, failed or cancelled order becomes paid.
// An order that is already paid is returned as a replay, with its original grant; of
// concurrent calls, one does the work. A trial fee that [StartTrial] recorded is not
// a payment of the order that began the subscription: reporting it returns the
// trial's order as a replay.
//
// A repeated call does not trust the order's row: it looks for the grant, the
// claw-backs of later refunds, and the commission, each by its key. Whatever is
// missing is redone as it was at the time, from what the order recorded, and
// listed in Mended. An order that another program marked as paid is granted its
// credits unless the account already has an entry that may be that grant: one
// of type order_pay that names the order, or one of the same amount that the
// ledger did not write and that is not older than the order.
//
// A payment with a different PayRef than the one that paid the order, or with a
// different Invoice if either has no PayRef, is kept as surplus: it grants nothing,
// Result.Payment says so, [ListPayments] lists it, and refunding it affects nothing
// else. Refunds and disputes of the payment that were reported before this call are
// applied with it.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *NotFoundError;
//   - *StateError when the order is refunded: the call is late. A payment whose
//     PayRef is known to have paid the order is a replay even then;
//   - *AmountError when Accept refuses the amount;
//   - *PaymentTakenError when the PayRef paid another order;
//   - *CurrencyError when p.Paid is in another currency that was not accepted;
//   - *credits.KeyReusedError when the ledger has another grant under the
//     order's key;
//   - *credits.LimitError when the account would exceed its limit;
//   - *dialect.NarrowColumnError when an amount does not fit an adopted column;
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
			return err // it is the fee of its trial
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
		balance: p.FromBalance, customer: p.CustomerRef, grants: p.Grants, expires: p.ExpiresAt,
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
	// provider is who took the money, empty for the order's.
	provider                PayType
	paid, local             *Money
	tax, discount, subtotal int64
	balance                 int64
	accept                  func(context.Context, Mismatch) bool
	ref, invoice, subID     string
	customer                string
	start, end              time.Time
	credits                 int64
	carry                   *carryOver
	bill                    *bill
	grace                   time.Duration
	// grants, when not nil, overrides what the order grants, and expires, when set, the
	// expiry that follows from the period.
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
		valid.Optional("PayRef", p.ref, maxName), valid.Optional("Invoice", p.invoice, maxName),
		valid.Optional("CustomerRef", p.customer, maxName), checkSubID(p.subID),
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

// of returns the owner of the payment.
func (p *payment) of(o *Order) PayType { return cmp.Or(p.provider, o.PayType) }

// apply applies the payment to the order.
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
	o.CustomerRef = cmp.Or(p.customer, o.CustomerRef)
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
		o.CarriedFrom, o.CarriedRegrants, o.CarriedNet = p.carry.from, p.carry.regrants, p.carry.net
		o.CarryOver, o.CarryOverWithin = p.carry.most, p.carry.within
	}
	p.period(o)
	return nil
}

// priced records what the bill says about an order that began a subscription, if it is not known
// yet: its worth, its price and the number of seats. It reports whether anything was new.
func (p *payment) priced(o *Order) bool {
	if p.bill == nil || !o.Interval.recurs() || o.FirstOrderNo != "" {
		return false
	}
	main := p.bill.main()
	if main == nil {
		return false
	}
	before := *o
	list, worth := p.bill.list()
	if p.bill.lists(o) { // before, the number of seats was a guess
		if o.Quantity = main.Quantity; list > 0 {
			o.Worth = nil
		}
	}
	o.PriceID = cmp.Or(o.PriceID, main.PriceID)
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

// seats makes an order that is about to be paid grant its credits per seat, if its Amount is the
// price of one seat.
func (p *payment) seats(o *Order) {
	if p.bill == nil || !p.priced(o) && o.Interval.recurs() {
		return
	}
	list, _ := p.bill.list()
	if main := p.bill.main(); main != nil && !o.Interval.recurs() && list == times(o.Amount, main.seats()) {
		o.Quantity = main.Quantity
	}
	o.Credits = times(o.Credits, p.bill.multiple(o))
}

// counted returns what a paid order grants by the first bill that says which price and how many
// seats were sold, if the one before was multiplied by a guess: that of a session says what was
// paid, and a fee or an add-on may be in it.
func (p *payment) counted(o *Order, guessed int64) int64 {
	ordered := o.ordered()
	if o.Credits != ordered && o.Credits != times(ordered, guessed) { // somebody said how many
		return o.Credits
	}
	return times(ordered, p.bill.multiple(o))
}

// period sets which period is paid and when the credits expire. A renewal already has its period.
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
