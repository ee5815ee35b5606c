package creem

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// firstWithin is how soon after its beginning a subscription's first period
// starts.
const firstWithin = 24 * time.Hour

// firstPaidWithin is how soon after its beginning the first period is paid.
const firstPaidWithin = time.Hour

// begins reports whether the subscription is in the period that it began with.
func (s *subscription) begins() bool {
	return s.CreatedAt.IsZero() || s.PeriodStart.Before(s.CreatedAt.Add(firstWithin))
}

// line is the period that a subscription is in. Creem tells the product's price, and
// the net that was paid; what lacks beyond the discount that it tells was given back
// of a period that is not over.
func (c Config) line(s *subscription, paid, discount int64) orders.Line {
	units := max(s.units(), 1)
	list := s.Product.Price * units
	if list == 0 {
		list = paid
	}
	discount = min(max(discount, 0), list)
	return orders.Line{
		PriceID: s.Product.ID, Quantity: s.units(), Amount: list - discount, Discount: discount,
		Start: s.PeriodStart, End: s.PeriodEnd, Plan: c.PlanOf(s.Product.ID),
	}
}

// bill is a payment of a subscription with what it bought.
func (c Config) bill(s *subscription, e *event) *webhook.Bill {
	p := orders.Purchase{
		Provider: orders.PayTypeCreem, SubID: s.ID, Ref: s.LastTransactionID, OrderNo: s.orderNo(),
		Reason: orders.ReasonRenewal, At: e.at(),
	}
	if s.begins() {
		p.Reason = orders.ReasonFirst
	}
	if t := s.LastTransaction; t != nil {
		p.Subtotal, p.Total, p.Tax, p.Discount = t.Amount, t.gross(), max(t.TaxAmount, 0), max(t.DiscountAmount, 0)
		if m := t.money(); m != nil {
			p.Paid, p.Currency = m.Amount, m.Currency
		}
	}
	p.Lines = []orders.Line{c.line(s, p.Subtotal, p.Discount)}
	return c.Bill(p)
}

// early refuses the payment of a change within the first period that is told before that
// is paid: it is less than its product and units cost. One for what was ordered, as soon as
// a first payment comes, may be that with a discount that nobody told; for several units
// it may be for those that were added, and waits for the checkout, which says.
func (c Config) early(ctx context.Context, db bun.IDB, b *webhook.Bill) error {
	o, err := orders.Get(ctx, db, orders.GetParams{OrderNo: b.OrderNo})
	if err != nil {
		return err
	}
	line, paid := b.Lines[0], b.Paid
	if price := line.Amount + line.Discount; b.Currency == "" && price > 0 && price < o.Amount { // all that it says
		money := orders.Money{Amount: price, Currency: o.Currency}
		if !c.Acceptable(ctx, orders.Mismatch{Order: *o, Paid: money, Subtotal: price}) {
			return &orders.AmountError{OrderNo: o.OrderNo, Currency: o.Currency, Want: o.Amount, Got: price}
		}
	}
	if b.Tax > 0 && b.Subtotal-b.Discount+b.Tax == b.Paid { // it was added to the price
		paid -= b.Tax
	}
	list := line.Amount + line.Discount
	ordered := list == o.Amount && b.At.Before(line.Start.Add(firstPaidWithin))
	if ordered || b.Currency == "" || o.Currency != "" && o.Currency != b.Currency || paid >= line.Amount {
		return nil
	}
	return &orders.NotStartedError{SubID: b.SubID, OrderNo: o.OrderNo, Status: o.Status}
}

// first is the bill of the period that a checkout paid.
func (c Config) first(done *checkout, s *subscription, p orders.MarkPaidParams) *webhook.Bill {
	paid := orders.Purchase{
		Provider: orders.PayTypeCreem, SubID: s.ID, Ref: p.PayRef, OrderNo: p.OrderNo, Reason: orders.ReasonFirst,
		Lines: p.Lines, Subtotal: done.Order.Amount, Discount: p.Discount, Tax: p.Tax, Total: done.paid().gross(), At: p.At,
	}
	if p.Paid != nil {
		paid.Paid, paid.Currency = p.Paid.Amount, p.Paid.Currency
	}
	return c.Bill(paid)
}
