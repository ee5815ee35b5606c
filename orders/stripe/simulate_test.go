package stripe_test

import (
	"fmt"
	"time"

	"github.com/chameleon-go/chameleon/orders"
)

// item is a line of an invoice, as a price list knows it.
type item struct {
	price    string
	quantity int64
	amount   int64
	discount int64
	part     bool
	from, to time.Time
}

// bill is an invoice before it has a shape.
type bill struct {
	id, reason, sub, order string
	items                  []item
	paid                   int64
	intent                 string
	// shown is how many lines the event has; 0 is all.
	shown int
	start time.Time
}

// catalogue is what the shop of these tests sells: credits of a whole period for
// one seat, by price.
func catalogue() map[string]orders.Plan {
	return map[string]orders.Plan{
		"price_month": {ProductID: "month", Credits: 1000, Interval: orders.IntervalMonth},
		"price_team":  {ProductID: "team", Credits: 5000, Interval: orders.IntervalMonth},
		"price_year":  {ProductID: "year", Credits: 12000, Interval: orders.IntervalYear},
	}
}

func planOf(price string) *orders.Plan {
	if plan, ok := catalogue()[price]; ok {
		return &plan
	}
	return nil
}

// json is the invoice in the shape of an API version.
func (b bill) json(shape string) m {
	var subtotal, discount int64
	var lines []m
	for i, it := range b.items {
		subtotal += it.amount
		discount += it.discount
		if b.shown == 0 || i < b.shown {
			lines = append(lines, it.json(shape))
		}
	}
	details := m{}
	if b.order != "" {
		details["order_no"] = b.order
	}
	object := m{
		"id": b.id, "object": "invoice", "billing_reason": b.reason, "currency": "usd", "status": "paid",
		"amount_paid": b.paid, "amount_due": b.paid, "subtotal": subtotal, "total": subtotal - discount,
		"period_start": b.start.Unix(), "period_end": b.start.Unix(),
		"lines": m{"data": lines, "has_more": b.shown > 0 && b.shown < len(b.items)},
	}
	if discount > 0 {
		object["total_discount_amounts"] = []m{{"amount": discount}}
	}
	if shape == "current" {
		object["parent"] = m{"type": "subscription_details", "subscription_details": m{
			"subscription": b.sub, "metadata": details,
		}}
		if b.intent != "" {
			object["payments"] = m{"data": []m{{"status": "paid", "payment": m{"payment_intent": b.intent}}}}
		}
		return object
	}
	object["subscription"], object["subscription_details"] = b.sub, m{"metadata": details}
	if b.intent != "" {
		object["payment_intent"] = b.intent
	}
	return object
}

func (it item) json(shape string) m {
	line := m{
		"object": "line_item", "amount": it.amount, "currency": "usd", "quantity": it.quantity,
		"period": m{"start": it.from.Unix(), "end": it.to.Unix()},
	}
	if it.discount != 0 {
		line["discount_amounts"] = []m{{"amount": it.discount}}
	}
	if shape == "current" {
		kind := "subscription_item_details"
		if it.part {
			kind = "invoice_item_details"
		}
		line["parent"] = m{"type": kind, kind: m{"proration": it.part, "subscription": "sub_1"}}
		line["pricing"] = m{"type": "price_details", "price_details": m{"price": it.price, "product": "prod_" + it.price}}
		return line
	}
	line["proration"], line["type"] = it.part, "subscription"
	if it.part {
		line["type"] = "invoiceitem"
	}
	line["price"] = m{"id": it.price, "unit_amount": prices()[it.price]}
	return line
}

// prices are what a whole period costs for one seat.
func prices() map[string]int64 {
	return map[string]int64{"price_month": 1000, "price_team": 5000, "price_year": 10000}
}

// whole is a line of a whole period.
func whole(price string, quantity int64, from, to time.Time) item {
	return item{price: price, quantity: quantity, amount: prices()[price] * quantity, from: from, to: to}
}

// unused is a line that gives back what lies after at, used is one that bills it.
func unused(price string, start, at, end time.Time) item {
	it := used(price, start, at, end)
	it.amount = -it.amount
	return it
}

func used(price string, start, at, end time.Time) item {
	full, left := prices()[price], end.Sub(at).Seconds()/end.Sub(start).Seconds()
	return item{
		price: price, quantity: 1, part: true, from: at, to: end,
		amount: int64(float64(full)*left + 0.5),
	}
}

// next names things of a test.
func (s *shop) next(what string) string {
	s.named++
	return fmt.Sprintf("%s_%d", what, s.named)
}
