package stripe_test

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// sale is one payment of a one-time order, as Stripe sees it.
type sale struct {
	intent, order        string
	gross, tax, discount int64
	refunds              []refunded
	// outcome is how a dispute over it ended: "", open, reinstated, won or lost.
	outcome  string
	disputed int64
}

type refunded struct {
	amount int64
	failed bool
}

// told is an event that Stripe has to say.
type told struct {
	kind   string
	at     time.Time
	object m
}

// drawSale draws what a customer pays, and what becomes of it.
func drawSale(r *rand.Rand, order, intent string, price int64) *sale {
	s := &sale{intent: intent, order: order, gross: price}
	if r.IntN(3) == 0 {
		s.discount = price * int64(1+r.IntN(9)) / 10
	}
	if r.IntN(3) == 0 {
		s.tax = (price - s.discount) / 5
	}
	s.gross += s.tax - s.discount
	left := s.gross
	for range r.IntN(4) {
		amount := 1 + r.Int64N(max(left, 1))
		if left < amount {
			break
		}
		failed := r.IntN(3) == 0
		if !failed {
			left -= amount
		}
		s.refunds = append(s.refunds, refunded{amount, failed})
	}
	if r.IntN(3) == 0 {
		s.outcome = []string{"open", "reinstated", "won", "lost"}[r.IntN(4)]
		s.disputed = 1 + r.Int64N(s.gross)
	}
	return s
}

// events are what Stripe sends about a sale, from a time on. Every one has a time
// of its own, as refunds that are made one after the other have.
func (s *sale) events(r *rand.Rand, start time.Time) []told {
	at := start
	var all []told
	say := func(kind string, object m) {
		at = at.Add(10 * time.Second)
		all = append(all, told{kind, at, object})
	}
	intent := m{
		"id": s.intent, "amount": s.gross, "amount_received": s.gross, "currency": "usd", "metadata": m{"order_no": s.order},
	}
	checkout := m{
		"id": "cs_" + s.intent, "mode": "payment", "client_reference_id": s.order, "payment_intent": s.intent,
		"payment_status": "paid", "currency": "usd", "amount_total": s.gross, "amount_subtotal": s.gross - s.tax + s.discount,
		"total_details": m{"amount_tax": s.tax, "amount_discount": s.discount},
	}
	if r.IntN(3) == 0 {
		say("payment_intent.payment_failed", intent)
	}
	if r.IntN(4) == 0 { // the money came after the session was given up
		say("checkout.session.expired", checkout)
	}
	if r.IntN(2) == 0 {
		say("payment_intent.succeeded", intent)
	}
	say("checkout.session.completed", checkout)
	s.refundEvents(r, say, func() time.Time { return at })
	s.disputeEvents(say)
	return all
}

// refundEvents tell of each refund by its name, and some by the charge's total.
func (s *sale) refundEvents(r *rand.Rand, say func(string, m), now func() time.Time) {
	var total int64
	for i, f := range s.refunds {
		made := now().Add(10 * time.Second)
		object := m{
			"id": fmt.Sprintf("re_%s_%d", s.intent, i), "payment_intent": s.intent, "amount": f.amount,
			"status": "succeeded", "created": made.Unix(),
		}
		total += f.amount
		say("refund.created", object)
		if r.IntN(2) == 0 {
			say("charge.refunded", m{"payment_intent": s.intent, "amount": s.gross, "amount_refunded": total})
		}
		if !f.failed {
			continue
		}
		total -= f.amount
		failed := m{"status": "failed"}
		for k, v := range object {
			if k != "status" {
				failed[k] = v
			}
		}
		say([]string{"charge.refund.updated", "refund.failed", "refund.updated"}[r.IntN(3)], failed)
	}
}

func (s *sale) disputeEvents(say func(string, m)) {
	object := func(status string) m {
		return m{"id": "dp_" + s.intent, "payment_intent": s.intent, "amount": s.disputed, "currency": "usd", "status": status}
	}
	if s.outcome == "" {
		return
	}
	say("charge.dispute.created", object("needs_response"))
	say("charge.dispute.funds_withdrawn", object("needs_response"))
	switch s.outcome {
	case "reinstated":
		say("charge.dispute.funds_reinstated", object("under_review"))
	case "won", "lost":
		say("charge.dispute.closed", object(s.outcome))
	}
}

// given is what of the payment is not the merchant's: in all, and for good.
func (s *sale) given() (all, final int64) {
	for _, f := range s.refunds {
		if !f.failed {
			final += f.amount
		}
	}
	all = final
	switch s.outcome {
	case "lost":
		all, final = all+s.disputed, final+s.disputed
	case "open":
		all += s.disputed
	}
	return min(all, s.gross), min(final, s.gross)
}
