package chameleontest

import (
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// PendingOrder creates an order of 500 credits for 9.99 USD that has not been paid at
// Stripe yet. With a SubID and an Interval it is the first order of a subscription.
func PendingOrder(t testing.TB, db bun.IDB, userUUID string, change ...func(*orders.CreateParams)) *orders.Order {
	t.Helper()
	return pending(t, db, changed(orders.CreateParams{
		OrderNo: unique("order"), UserUUID: userUUID, ProductID: "pack-500", ProductName: "500 credits",
		Amount: 999, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 500,
	}, change))
}

// PaidOrder creates a [PendingOrder] and pays it, as ordered, at its time of creation. The
// payment is named "pi_" followed by the order's number (Order.PayRef), which refunds and
// disputes refer to.
func PaidOrder(t testing.TB, db bun.IDB, userUUID string, change ...func(*orders.CreateParams)) *orders.Order {
	t.Helper()
	order := PendingOrder(t, db, userUUID, change...)
	return pay(t, db, order).Order
}

// Subscription is a running subscription and its first order.
type Subscription struct {
	*orders.Subscription
	// First is the paid order of the first period.
	First *orders.Order
}

// Subscribe starts a monthly subscription to 1,000 credits for 19.99 USD at Stripe. Its
// first order is paid and its row is active, for a period that starts at the order's
// creation.
func Subscribe(t testing.TB, db bun.IDB, userUUID string, change ...func(*orders.CreateParams)) *Subscription {
	t.Helper()
	p := changed(orders.CreateParams{
		OrderNo: unique("order"), UserUUID: userUUID, ProductID: "pro", ProductName: "Pro",
		Amount: 1999, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 1000,
		Interval: orders.IntervalMonth, SubID: unique("sub"),
	}, change)
	paid := pay(t, db, pending(t, db, p))
	synced := must(t, db, orders.SyncSubscription, orders.SyncSubscriptionParams{
		Provider: p.PayType, SubID: p.SubID, OrderNo: paid.Order.OrderNo, Status: orders.SubActive,
		PriceID: "price_" + p.ProductID, Quantity: 1,
		PeriodStart: paid.Order.PeriodStart, PeriodEnd: paid.Order.PeriodEnd, At: paid.Order.PaidAt,
	})
	return &Subscription{Subscription: synced.Subscription, First: paid.Order}
}

// Referral is a customer, who referred them, and the commission for it.
type Referral struct {
	Referrer, Customer *users.User
	Order              *orders.Order
	Commission         *affiliates.Commission
}

// Affiliate creates a referrer, a customer who signed up with their invite code, and a paid
// order of the customer, for which the referrer has a pending commission.
func Affiliate(t testing.TB, db bun.IDB, change ...func(*orders.CreateParams)) *Referral {
	t.Helper()
	r := &Referral{Referrer: User(t, db)}
	r.Customer = User(t, db, func(p *users.CreateParams) { p.InviteCode = r.Referrer.InviteCode })
	paid := pay(t, db, PendingOrder(t, db, r.Customer.UUID, change...))
	r.Order, r.Commission = paid.Order, paid.Commission
	return r
}

func pending(t testing.TB, db bun.IDB, p orders.CreateParams) *orders.Order {
	t.Helper()
	return must(t, db, orders.Create, p).Order
}

// pay pays an order as ordered, when it was made.
func pay(t testing.TB, db bun.IDB, order *orders.Order) *orders.Result {
	t.Helper()
	return must(t, db, orders.MarkPaid, orders.MarkPaidParams{
		OrderNo: order.OrderNo, PayRef: "pi_" + order.OrderNo, SubID: order.SubID, At: order.CreatedAt,
	})
}
