package creem

import (
	"time"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// firstWithin is how soon after its beginning a subscription's first period
// starts.
const firstWithin = 24 * time.Hour

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
