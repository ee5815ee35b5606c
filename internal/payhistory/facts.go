package payhistory

import "time"

// Event is what a provider has to say.
type Event struct {
	Kind   string
	At     time.Time
	Object map[string]any
}

// Subscription is one as the provider has it.
type Subscription struct {
	ID, Order, Customer string
	Price               Price
	Seats               int64
	// Addon is a second item, nil for none.
	Addon *Price
	// From and To bound its period, Trial is when its trial ends, zero for none.
	Created, From, To, Trial time.Time
	// Status is Stripe's word.
	Status  string
	Cancels bool
	// Extended says that its trial was, Mixed that credits of a plan before are kept.
	Extended, Mixed bool
	// Later are parts of the period that the next bill is for, too.
	Later    []Line
	Duration time.Duration
}

// Line is one of a bill, after discounts.
type Line struct {
	Price            Price
	Seats            int64
	Amount, Discount int64
	// Part is a part of a period, Once something that does not recur.
	Part, Once bool
	From, To   time.Time
}

// Bill is what a customer is to pay. Paid is what of it was paid in money: the
// customer's balance pays, too.
type Bill struct {
	ID string
	// Payments are what it was paid with, none where no money was needed. One that came
	// another way than by the provider has no name.
	Payments []*Payment
	// Reason is create, cycle or update.
	Reason string
	// Trial is before the first payment.
	Trial bool
	Lines []Line
	Tax   int64
	Paid  int64
	// Before and After are the customer's balance, negative for what is the customer's.
	Before, After int64
	At            time.Time
}

// Pay is the name of what paid the bill, empty for none.
func (b *Bill) Pay() string {
	if len(b.Payments) == 0 {
		return ""
	}
	return b.Payments[0].ID
}

// Otherwise reports whether the bill was paid another way than by the provider.
func (b *Bill) Otherwise() bool { return b.Paid > 0 && b.Pay() == "" }

// subtotal is the sum of the lines before discounts.
func (b *Bill) subtotal() (list, discount int64) {
	for _, l := range b.Lines {
		list += l.Amount + l.Discount
		discount += l.Discount
	}
	return list, discount
}

// Subtotal is what the bill is of before discounts and taxes.
func (b *Bill) Subtotal() int64 { list, _ := b.subtotal(); return list }

// Discount is what coupons took off.
func (b *Bill) Discount() int64 { _, discount := b.subtotal(); return discount }

// Total is what the bill comes to, negative where the customer gets something.
func (b *Bill) Total() int64 { return b.Subtotal() - b.Discount() + b.Tax }

// Provider says what happened, as events of its own.
type Provider interface {
	// Sold is a one-time payment that went through.
	Sold(s *Sale) []Event
	// Begun is a subscription whose checkout is complete. The bill is of its first
	// period or of its trial.
	Begun(s Subscription, b *Bill) []Event
	// Billed is a later bill that is paid: a period, or a change.
	Billed(s Subscription, b *Bill) []Event
	// Unpaid is a later bill whose payment failed.
	Unpaid(s Subscription, b *Bill, at time.Time) []Event
	// Stands is how a subscription stands, without a bill.
	Stands(s Subscription, at time.Time) []Event
	// Refunded is a refund that was made or that failed.
	Refunded(r *Refund) []Event
	// Disputed is a dispute that was opened or went on.
	Disputed(d *Dispute) []Event
	// Can says what the provider does at all.
	Can() Abilities
}

// Abilities are what not every provider does.
type Abilities struct {
	// Balance is that what a bill gives back is kept for later bills; without it
	// there are no downgrades within a period. What credit notes give back is kept
	// there, too.
	Balance bool
	// Fees is that a trial may cost something, Parts that several payments pay a bill,
	// and Otherwise that money may come another way.
	Fees, Parts, Otherwise bool
	// Reinstates is that the money of a dispute may come back before that is decided.
	Reinstates bool
	// Lines is that a bill says what it gives back and what it sells. Without it a change
	// within a year that is paid out month by month comes at once.
	Lines bool
	// Units is that several of a thing can be sold at once.
	Units bool
	// Items is that a subscription can have several, and that parts of a period may be
	// billed with the next one.
	Items bool
}
