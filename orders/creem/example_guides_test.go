package creem_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
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
	config creem.Config
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
	p.Currency, p.PayType = "USD", orders.PayTypeCreem
	_, err = orders.Create(ctx, db, p)
	check(err)
	s := &store{db: db, ada: ada.User.UUID}
	s.config.Secrets = []secret.Secret{secret.New("secret")}
	s.config.Plan = func(product string) *orders.Plan {
		return map[string]*orders.Plan{
			"prod_month": {ProductID: "month", Credits: 1000},
			"prod_year":  {ProductID: "year", Credits: 12000, Interval: orders.IntervalYear},
		}[product]
	}
	return s
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// tell hands an event to the handler as Creem does.
func (s *store) tell(at time.Time, kind string, object m) *webhook.Result {
	body, err := json.Marshal(m{"id": "evt_1", "eventType": kind, "created_at": at.UnixMilli(), "object": object})
	check(err)
	result, err := creem.Handle(context.Background(), s.db, s.config, creem.Request{
		Body: body, Signature: creem.Sign(body, "secret"),
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

// plan is a subscription in a period that a transaction paid.
func plan(product string, price, units, paid int64, from, to time.Time, transaction string) m {
	return m{
		"id": "sub_1", "status": "active", "created_at": march, "metadata": m{"order_no": "42"},
		"product": m{"id": product, "price": price}, "items": []m{{"units": units}},
		"last_transaction_id":       transaction,
		"last_transaction":          m{"id": transaction, "amount": paid, "amount_paid": paid, "currency": "USD"},
		"current_period_start_date": from, "current_period_end_date": to,
	}
}

// bought is the checkout that began a subscription.
func bought(subscription m, paid int64) m {
	return m{
		"request_id": "42", "subscription": subscription,
		"order": m{"amount": paid, "currency": "USD", "transaction": subscription["last_transaction_id"]},
	}
}

// A checkout pays the order that began the subscription; each later payment is an
// order of its own. Credits end with their period.
func ExampleHandle_subscription() {
	s := newStore(orders.CreateParams{Interval: orders.IntervalMonth})
	defer func() { _ = s.db.Close() }()
	may := march.AddDate(0, 2, 0)
	s.tell(march, "checkout.completed", bought(plan("prod_month", 1000, 1, 1000, march, april, "tran_1"), 1000))
	renewed := s.tell(april, "subscription.paid", plan("prod_month", 1000, 1, 1000, april, may, "tran_2"))
	fmt.Println(s.has(march), s.has(april), s.has(may))
	fmt.Println(renewed.Order.Order.FirstOrderNo, renewed.Order.Subscription.Status)
	// Output:
	// 1000 1000 0
	// 42 active
}

// What a trial grants is a policy; the first payment pays the order.
func ExampleHandle_trial() {
	s := newStore(orders.CreateParams{Interval: orders.IntervalMonth})
	defer func() { _ = s.db.Close() }()
	s.config.TrialCredits = 50
	end := march.AddDate(0, 0, 7)
	trial := plan("prod_month", 1000, 1, 0, march, end, "")
	trial["status"] = "trialing"
	s.tell(march, "checkout.completed", bought(trial, 0))
	began := s.tell(march, "subscription.trialing", trial)
	fmt.Println(began.Order.Order.Status, began.Order.Subscription.Status, s.has(march))
	paid := s.tell(end, "subscription.paid", plan("prod_month", 1000, 1, 1000, end, april, "tran_1"))
	fmt.Println(paid.Order.Order.OrderNo, paid.Order.Order.Status, s.has(end))
	// Output:
	// pending trialing 50
	// 42 paid 1000
}

// The order's price is that of one seat: three are paid, and three times its credits
// granted. Two more in the middle of the month buy their part of it.
func ExampleHandle_seats() {
	s := newStore(orders.CreateParams{Interval: orders.IntervalMonth})
	defer func() { _ = s.db.Close() }()
	s.tell(march, "checkout.completed", bought(plan("prod_month", 1000, 3, 3000, march, april, "tran_1"), 3000))
	fmt.Println(s.has(march))
	middle := march.Add(april.Sub(march) / 2)
	s.tell(middle, "subscription.paid", plan("prod_month", 1000, 5, 1000, march, april, "tran_2"))
	fmt.Println(s.has(middle))
	// Output:
	// 3000
	// 4000
}

// Halfway through the month Ada changes to the year: Creem bills the year less half of
// the month, and the credits for that half are taken back.
func ExampleHandle_upgrade() {
	s := newStore(orders.CreateParams{Interval: orders.IntervalMonth})
	defer func() { _ = s.db.Close() }()
	s.tell(march, "checkout.completed", bought(plan("prod_month", 1000, 1, 1000, march, april, "tran_1"), 1000))
	middle := march.Add(april.Sub(march) / 2)
	s.tell(middle, "subscription.paid", plan("prod_year", 10_000, 1, 9500, middle, middle.AddDate(1, 0, 0), "tran_2"))
	fmt.Println(s.has(middle), s.has(april))
	// Output:
	// 12500 12000
}

// once is a checkout of a one-time order.
func once() m {
	return m{"request_id": "42", "order": m{"amount": 1000, "currency": "USD", "transaction": "tran_1"}}
}

// A refund takes its part of the credits. When it fails, they come back.
func ExampleHandle_refund() {
	s := newStore(orders.CreateParams{})
	defer func() { _ = s.db.Close() }()
	s.tell(march, "checkout.completed", once())
	refund := m{"id": "ref_1", "status": "succeeded", "refund_amount": 400, "refund_currency": "USD", "transaction": "tran_1"}
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
	s.tell(march, "checkout.completed", once())
	dispute := m{"id": "dis_1", "amount": 1000, "currency": "USD", "transaction": m{"id": "tran_1", "status": "chargeback"}}
	s.tell(march.Add(time.Hour), "dispute.created", dispute)
	fmt.Println(s.has(april))
	won := s.tell(march.Add(2*time.Hour), "dispute.won", dispute)
	fmt.Println(s.has(april), won.Order.Order.Status)
	// Output:
	// 0
	// 1000 paid
}
