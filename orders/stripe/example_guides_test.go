package stripe_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

// march is when the examples begin, april when the first period is over.
var (
	march = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	april = march.AddDate(0, 1, 0)
)

// store is what the examples sell from: a month of 1,000 credits for 10.00, and a
// year of 12,000 for 100.00.
type store struct {
	db     *bun.DB
	ada    string
	config stripe.Config
}

func newStore(p orders.CreateParams) *store {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	check(err)
	_, err = chameleon.Push(ctx, db)
	check(err)
	ada, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com", NoWelcomeCredits: true})
	check(err)
	p.OrderNo, p.UserUUID, p.ProductID, p.Amount, p.Credits = "42", ada.User.UUID, "month", 1000, 1000
	p.Currency, p.PayType = "USD", orders.PayTypeStripe
	_, err = orders.Create(ctx, db, p)
	check(err)
	s := &store{db: db, ada: ada.User.UUID}
	s.config.Secrets = []secret.Secret{secret.New("whsec")}
	s.config.Plan = func(price string) *orders.Plan {
		return map[string]*orders.Plan{
			"price_month": {ProductID: "month", Credits: 1000},
			"price_year":  {ProductID: "year", Credits: 12000, Interval: orders.IntervalYear},
		}[price]
	}
	return s
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// tell hands an event to the handler as Stripe does.
func (s *store) tell(at time.Time, kind string, object m) *webhook.Result {
	body, err := json.Marshal(m{
		"id": "evt_1", "object": "event", "type": kind, "created": at.Unix(), "data": m{"object": object},
	})
	check(err)
	result, err := stripe.Handle(context.Background(), s.db, s.config, stripe.Request{
		Body: body, Signature: sign(body, "whsec", time.Now()),
	})
	check(err)
	return result
}

// has is what Ada can spend at a moment.
func (s *store) has(at time.Time) int64 {
	b, err := credits.Balance(context.Background(), s.db, credits.BalanceParams{UserUUID: s.ada, At: at})
	check(err)
	return b.Available
}

// bills is an invoice.paid.
func (s *store) bills(reason string, paid int64, lines ...m) *webhook.Result {
	id, subtotal, at := fmt.Sprintf("in_%s_%d", reason, paid), int64(0), april
	for _, line := range lines {
		amount, _ := line["amount"].(int64)
		subtotal += amount
		period, _ := line["period"].(m)
		start, _ := period["start"].(int64)
		at = time.Unix(start, 0)
	}
	return s.tell(at, "invoice.paid", m{
		"id": id, "billing_reason": "subscription_" + reason, "currency": "usd", "amount_paid": paid, "subtotal": subtotal, "total": subtotal,
		"parent":   m{"subscription_details": m{"subscription": "sub_1", "metadata": m{"order_no": "42"}}},
		"payments": m{"data": []m{{"status": "paid", "payment": m{"payment_intent": "pi_" + id}}}},
		"lines":    m{"data": lines},
	})
}

func line(price string, seats, amount int64, part bool, from, to time.Time) m {
	return m{
		"amount": amount, "quantity": seats, "period": m{"start": from.Unix(), "end": to.Unix()},
		"pricing": m{"price_details": m{"price": price}},
		"parent":  m{"subscription_item_details": m{"subscription": "sub_1", "proration": part}},
	}
}

// A subscription's first invoice pays the order that its metadata names; each
// later one is an order of its own. Credits end with their period.
func ExampleHandle_subscription() {
	s := newStore(orders.CreateParams{Interval: orders.IntervalMonth})
	defer func() { _ = s.db.Close() }()
	may := march.AddDate(0, 2, 0)
	s.bills("create", 1000, line("price_month", 1, 1000, false, march, april))
	renewed := s.bills("cycle", 1000, line("price_month", 1, 1000, false, april, may))
	fmt.Println(s.has(march), s.has(april), s.has(may))
	fmt.Println(renewed.Order.Order.FirstOrderNo, renewed.Order.Subscription.Status)
	// Output:
	// 1000 1000 0
	// 42 active
}

// A trial is an invoice of nothing. What it grants is a policy; the first payment
// pays the order.
func ExampleHandle_trial() {
	s := newStore(orders.CreateParams{Interval: orders.IntervalMonth})
	defer func() { _ = s.db.Close() }()
	s.config.TrialCredits = 50
	end := march.AddDate(0, 0, 7)
	trial := s.bills("create", 0, line("price_month", 1, 0, false, march, end))
	fmt.Println(trial.Order.Order.Status, trial.Order.Subscription.Status, s.has(march))
	paid := s.bills("cycle", 1000, line("price_month", 1, 1000, false, end, april))
	fmt.Println(paid.Order.Order.OrderNo, paid.Order.Order.Status, s.has(end))
	// Output:
	// pending trialing 50
	// 42 paid 1000
}

// The order's price is that of one seat: three are billed, and three times its
// credits granted. Two more in the middle of the month buy their part of it.
func ExampleHandle_seats() {
	s := newStore(orders.CreateParams{Interval: orders.IntervalMonth})
	defer func() { _ = s.db.Close() }()
	s.bills("create", 3000, line("price_month", 3, 3000, false, march, april))
	fmt.Println(s.has(march))
	middle := march.Add(april.Sub(march) / 2)
	s.bills("update", 1000,
		line("price_month", 3, -1500, true, middle, april), line("price_month", 5, 2500, true, middle, april))
	fmt.Println(s.has(middle))
	// Output:
	// 3000
	// 4000
}

// Halfway through the month Ada changes to the year: Stripe gives back half of the
// month, and the credits for it are taken back.
func ExampleHandle_upgrade() {
	s := newStore(orders.CreateParams{Interval: orders.IntervalMonth})
	defer func() { _ = s.db.Close() }()
	s.bills("create", 1000, line("price_month", 1, 1000, false, march, april))
	middle := march.Add(april.Sub(march) / 2)
	s.bills("update", 9500,
		line("price_month", 1, -500, true, middle, april), line("price_year", 1, 10_000, false, middle, middle.AddDate(1, 0, 0)))
	fmt.Println(s.has(middle), s.has(april))
	// Output:
	// 12500 12000
}

// A refund takes its part of the credits. When it fails, they come back.
func ExampleHandle_refund() {
	s := newStore(orders.CreateParams{})
	defer func() { _ = s.db.Close() }()
	s.tell(march, "checkout.session.completed", m{
		"client_reference_id": "42", "amount_total": 1000, "currency": "usd", "payment_status": "paid", "payment_intent": "pi_1",
	})
	refund := m{"id": "re_1", "payment_intent": "pi_1", "amount": 400, "currency": "usd", "status": "pending", "created": march.Unix()}
	s.tell(march.Add(time.Hour), "refund.created", refund)
	fmt.Println(s.has(april))
	refund["status"] = "failed"
	failed := s.tell(march.Add(2*time.Hour), "refund.failed", refund)
	fmt.Println(s.has(april), failed.Order.Payment.Refunded)
	// Output:
	// 600
	// 1000 0
}

// While a dispute is open its money counts as given back.
func ExampleHandle_dispute() {
	s := newStore(orders.CreateParams{})
	defer func() { _ = s.db.Close() }()
	s.tell(march, "checkout.session.completed", m{
		"client_reference_id": "42", "amount_total": 1000, "currency": "usd", "payment_status": "paid", "payment_intent": "pi_1",
	})
	dispute := m{"id": "dp_1", "payment_intent": "pi_1", "amount": 1000, "currency": "usd", "status": "needs_response"}
	s.tell(march.Add(time.Hour), "charge.dispute.created", dispute)
	fmt.Println(s.has(april))
	dispute["status"] = "won"
	won := s.tell(march.Add(2*time.Hour), "charge.dispute.closed", dispute)
	fmt.Println(s.has(april), won.Order.Order.Status)
	// Output:
	// 0
	// 1000 paid
}
