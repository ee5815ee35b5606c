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
	ID, Order string
	Price     Price
	Seats     int64
	// Addon is a second item, nil for none.
	Addon *Price
	// From and To bound its period, Trial is when its trial ends, zero for none.
	Created, From, To, Trial time.Time
	// Status is Stripe's word.
	Status  string
	Cancels bool
	// Later are parts of the period that the next bill is for, too.
	Later    []Line
	Duration time.Duration
}

// Line is one of a bill, after discounts.
type Line struct {
	Price            Price
	Seats            int64
	Amount, Discount int64
	Part             bool
	From, To         time.Time
}

// Bill is what a customer is to pay. Paid is what of it was paid in money: the
// customer's balance pays, too.
type Bill struct {
	// ID is the invoice, Pay the payment, empty where no money was needed.
	ID, Pay string
	// Reason is create, cycle or update.
	Reason string
	Trial  bool
	Lines  []Line
	Tax    int64
	Paid   int64
	At     time.Time
}

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

// Sale is a payment of a one-time order.
type Sale struct {
	Order, Pay          string
	List, Tax, Discount int64
	At                  time.Time
	FailedBefore, Async bool
	GivenUp             bool
}

// Gross is what the customer paid.
func (s *Sale) Gross() int64 { return s.List - s.Discount + s.Tax }

// Refund is money that was given back of a payment. Total is all that was so far
// and did not fail, as of At.
type Refund struct {
	ID            string
	Of            *Owed
	Amount, Total int64
	Failed        bool
	Made, At      time.Time
}

// Dispute is one of a payment. Status is open, reinstated, won or lost.
type Dispute struct {
	ID     string
	Of     *Owed
	Amount int64
	Status string
	At     time.Time
}

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
	// there are no downgrades within a period.
	Balance bool
	// Lines is that a bill says what it gives back and what it sells. Without it a
	// change that keeps the period cannot be told from the period's own payment
	// before that is known: histories have none.
	Lines bool
	// Items is that a subscription can have several, and that parts of a period may be
	// billed with the next one.
	Items bool
}
