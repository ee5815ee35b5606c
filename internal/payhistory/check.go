package payhistory

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
)

// books are what is stored of a customer.
type books struct {
	orders   map[string]*orders.Order
	payments map[string]*orders.Payment
	byKey    map[string]*orders.Order
}

func (c *Customer) books(t *testing.T, db *bun.DB) *books {
	t.Helper()
	b := &books{map[string]*orders.Order{}, map[string]*orders.Payment{}, map[string]*orders.Order{}}
	var os []*orders.Order
	require.NoError(t, db.NewSelect().Model(&os).Where("user_uuid = ?", c.User).Scan(t.Context()))
	for _, o := range os {
		b.orders[o.OrderNo], b.byKey[o.RenewalKey] = o, o
	}
	var ps []*orders.Payment
	require.NoError(t, db.NewSelect().Model(&ps).Where("user_uuid = ?", c.User).Scan(t.Context()))
	for _, p := range ps {
		b.payments[p.Ref] = p
	}
	return b
}

// order is the one that a bill is of.
func (b *books) order(o *Owed) *orders.Order {
	if pm := b.payments[o.Pay()]; pm != nil {
		return b.orders[pm.OrderNo]
	}
	switch {
	case o.Trial:
		return b.byKey[o.Sub+"#trial"]
	case o.Part:
		return b.byKey[o.Sub+"#"+o.Bill]
	case o.Order != "":
		return b.orders[o.Order]
	}
	return b.byKey[o.Sub+"@"+o.From.UTC().Format("2006-01-02T15:04:05.000000Z")]
}

// Check compares what is stored of the customer with the model.
func (c *Customer) Check(t *testing.T, db *bun.DB) {
	t.Helper()
	b := c.books(t, db)
	c.choose(b)
	var granted, want int64
	for _, o := range c.Owed {
		name := c.Name + " " + o.Sub + " " + cmp.Or(o.Pay(), o.Bill)
		stored := b.order(o)
		if o.Surplus && o.Pay() == "" {
			continue
		}
		if o.none() {
			assert.Nil(t, stored, name)
			continue
		}
		if !assert.NotNil(t, stored, "%s: no order", name) {
			continue
		}
		c.payment(t, b, o, name)
		if o.Surplus {
			continue
		}
		claimed := o.Claimed()
		want += o.Credits - claimed
		assert.Equal(t, o.Credits, stored.Credits, "%s: credits bought", name)
		assert.Equal(t, claimed, stored.RefundedCredits, "%s: credits taken back", name)
		o.paid(t, stored, name)
		want += o.eachMonth(t, b, stored, name)
		commission(t, db, o, stored, name)
	}
	for _, o := range b.orders {
		if o.PaidAmount != nil {
			granted += o.Credits - o.RefundedCredits
		}
	}
	assert.Equal(t, want, granted, "%s: credits of all orders", c.Name)
	if c.Change == "" { // others keep credits whose money was given back
		assert.LessOrEqual(t, granted, c.bought(), "%s: what the money that was kept buys", c.Name)
	}
	c.subscriptions(t, db)
	c.follows(t, b)
	c.balances(t, db, b)
}

// paid compares what the order says of its money.
func (o *Owed) paid(t *testing.T, stored *orders.Order, name string) {
	t.Helper()
	all, final := o.Back()
	whole, forGood := o.back()
	status := orders.StatusPaid
	if final == o.Paid && o.Paid > 0 || o.Paid == 0 && o.Balance > 0 && forGood == o.Balance {
		status = orders.StatusRefunded
	}
	assert.Equal(t, status, stored.Status, name)
	assert.Equal(t, []int64{o.Paid, o.Tax, all, whole - all}, []int64{stored.Paid(), stored.PaidTax, stored.RefundedAmount, stored.RefundedBalance},
		"%s: paid, tax, given back, with the balance", name)
}

// bought is the most that the money buys which was kept: what coupons took off
// counts as paid, and trials grant what they are set to.
func (c *Customer) bought() (sum int64) {
	for _, o := range c.Owed {
		all, _ := o.Back()
		sum += mostPerDollar*o.noted() + 100*max(o.Bonus, 0)
		if o.Trial {
			sum += 100 * o.Credits
			continue
		}
		if o.Paid > 0 {
			sum += mostPerDollar * (o.Paid - o.Tax + o.Discount) * (o.Paid - all) / o.Paid
		} else {
			sum += mostPerDollar * o.Discount
		}
	}
	return sum / 100
}

// subscriptions compares how they stand.
func (c *Customer) subscriptions(t *testing.T, db *bun.DB) {
	t.Helper()
	for _, s := range c.Subs {
		row, err := orders.GetSubscription(t.Context(), db, orders.GetSubscriptionParams{SubID: s.ID})
		require.NoError(t, err, s.ID)
		status := orders.SubscriptionStatus(strings.Replace(s.Status, "canceled", "cancelled", 1))
		assert.Equal(t, status, row.Status, s.ID)
		assert.Equal(t, s.Price.ID, row.PriceID, s.ID)
		assert.Equal(t, s.Seats, row.Quantity, s.ID)
		assert.True(t, s.From.Equal(row.PeriodStart) && s.To.Equal(row.PeriodEnd), "%s: %v to %v, not %v to %v",
			s.ID, row.PeriodStart, row.PeriodEnd, s.From, s.To)
	}
}

// balances compares the account: what is left of the orders whose credits live,
// less what was spent.
func (c *Customer) balances(t *testing.T, db *bun.DB, b *books) {
	t.Helper()
	if slices.ContainsFunc(c.Owed, func(o *Owed) bool { return o.Cut && o.Credits > 0 }) {
		return // what was spent of a trial stays spent
	}
	now := time.Now()
	for _, o := range b.orders {
		if o.Regrants > 0 && !o.PeriodEnd.After(now) && o.PeriodStart.AddDate(0, 1, 0).After(now) {
			return // so does what was of a period that was taken to last until now
		}
	}
	want := welcome - c.spent
	for _, o := range b.orders {
		if o.PaidAmount != nil && b.live(o, now) {
			want += o.Credits - o.RefundedCredits
		}
	}
	account, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: c.User, At: now})
	require.NoError(t, err)
	has := account.Available - account.Debt
	least, most := c.carried(b, now)
	if least == most {
		assert.Equal(t, want+least, has, "%s: the account, of which %d was spent and %d carried over", c.Name, c.spent, least)
		return
	}
	assert.GreaterOrEqual(t, has, want+least, "%s: the account, of which %d was spent", c.Name, c.spent)
	assert.LessOrEqual(t, has, want+most, "%s: no more is kept than the shop says", c.Name)
}

// Within is how long ago credits may have ended that a renewal keeps: all of a life is told
// after it.
const Within = 365 * Day

// welcome is what a new user is granted.
const welcome = 100

// none reports whether no order is made of it: a trial that is for nothing.
func (o *Owed) none() bool { return o.Trial && o.Credits == 0 && o.Paid+o.Balance == 0 }
