package stripe_test

import (
	"github.com/chameleon-go/chameleon/internal/payhistory"
)

// invoice is a bill in the shape of the API version.
func (v speaker) invoice(s payhistory.Subscription, b *payhistory.Bill, status string) m {
	lines := make([]m, 0, len(b.Lines))
	for _, l := range b.Lines {
		lines = append(lines, v.line(s, l))
	}
	object := m{
		"id": b.ID, "object": "invoice", "customer": s.Customer, "billing_reason": "subscription_" + b.Reason, "currency": "usd", "status": status,
		"amount_due": max(b.Total()+b.Before, 0), "amount_paid": b.Paid, "subtotal": b.Subtotal(), "total": b.Total(),
		"starting_balance": b.Before, "ending_balance": b.After,
		"total_discount_amounts": []m{}, "period_start": b.At.Unix(), "period_end": b.At.Unix(),
		"lines": m{"object": "list", "data": lines, "has_more": false},
	}
	if status == "paid" {
		object["status_transitions"] = m{"paid_at": b.At.Unix() + 2}
	}
	if b.Otherwise() && status == "paid" {
		object["amount_paid"] = 0
		if v.version != version2025 {
			object["paid_out_of_band"] = true
		}
	}
	if discount := b.Discount(); discount > 0 {
		object["total_discount_amounts"] = []m{{"amount": discount, "discount": "di_1"}}
	}
	if v.version == version2025 {
		object["parent"] = m{"type": "subscription_details", "subscription_details": m{
			"subscription": s.ID, "metadata": m{"order_no": s.Order},
		}}
		object["total_taxes"] = []m{{"amount": b.Tax, "tax_behavior": "exclusive"}}
		return object
	}
	object["subscription"], object["tax"], object["payment_intent"] = s.ID, b.Tax, nil
	object["total_tax_amounts"] = []m{{"amount": b.Tax, "inclusive": false}}
	if pay := b.Pay(); pay != "" {
		object["payment_intent"] = pay
	}
	if v.version != version2020 {
		object["subscription_details"] = m{"metadata": m{"order_no": s.Order}}
	}
	return object
}

// line is one of an invoice. What coupons take off stands beside its price.
func (v speaker) line(s payhistory.Subscription, l payhistory.Line) m {
	line := m{
		"object": "line_item", "amount": l.Amount + l.Discount, "currency": "usd", "quantity": l.Seats,
		"period": m{"start": l.From.Unix(), "end": l.To.Unix()}, "discount_amounts": []m{}, "metadata": m{"order_no": s.Order},
	}
	if l.Discount > 0 {
		line["discount_amounts"] = []m{{"amount": l.Discount, "discount": "di_1"}}
	}
	if v.version == version2025 {
		kind := "subscription_item_details"
		if l.Part || l.Once {
			kind = "invoice_item_details"
		}
		line["parent"] = m{"type": kind, kind: m{"proration": l.Part, "subscription": s.ID}}
		line["pricing"] = m{"type": "price_details", "price_details": m{"price": l.Price.ID, "product": "prod_1"}}
		return line
	}
	line["proration"], line["type"], line["subscription"] = l.Part, "subscription", s.ID
	if l.Part || l.Once {
		line["type"] = "invoiceitem"
	}
	line["price"] = m{"id": l.Price.ID, "unit_amount": l.Price.Amount}
	line["plan"] = m{"id": l.Price.ID}
	return line
}

// noted is a credit note that left money with the balance, or gave it back the way
// that it came; or that was voided.
func noted(r *payhistory.Refund) []payhistory.Event {
	note := m{
		"id": r.ID, "object": "credit_note", "invoice": r.Bill, "amount": r.Amount, "subtotal": r.Amount, "total": r.Amount,
		"pre_payment_amount": 0, "post_payment_amount": r.Amount, "out_of_band_amount": nil, "currency": "usd",
		"status": "issued", "type": "post_payment", "refund": nil, "refunds": []m{}, "customer_balance_transaction": "cbtxn_" + r.ID,
	}
	if r.Outside {
		note["out_of_band_amount"], note["customer_balance_transaction"] = r.Amount, nil
	}
	if r.Failed {
		note["status"] = "void"
		return at(r.At, "credit_note.voided", note)
	}
	return at(r.At, "credit_note.created", note)
}
