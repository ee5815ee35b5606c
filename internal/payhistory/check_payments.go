package payhistory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/orders"
)

// choose makes the payment of an order that was stored as its first the one in
// the model, too: of two that nobody told apart the first to be told pays. What a
// second subscription pays is surplus, whichever it is.
func (c *Customer) choose(b *books) {
	for _, other := range c.Owed {
		if !other.Surplus || !other.toldFirst(b.orders[other.Order]) {
			continue
		}
		for _, o := range c.Owed {
			if o.Order == other.Order || o.Sub != "" && o.Sub != other.Sub && c.orderOf(o.Sub) == other.Order {
				o.Surplus = true
			}
		}
		other.Surplus = false
		c.settle() // what is surplus takes and gives nothing
	}
}

// orderOf is the order that a subscription was begun for.
func (c *Customer) orderOf(sub string) string {
	for _, s := range c.Subs {
		if s.ID == sub {
			return s.Order
		}
	}
	return ""
}

// toldFirst reports whether it is what paid the order.
func (o *Owed) toldFirst(stored *orders.Order) bool {
	switch {
	case stored == nil:
		return false
	case o.Sub != "":
		return stored.SubID == o.Sub
	}
	// Two that cost nothing are told apart by what they bought, if at all.
	return stored.PayRef == o.Pay() && (o.Pay() != "" || stored.Credits == o.Credits)
}

// payment compares the rows of its payments. Nobody says which of several a credit note is
// of: where no order keeps it, it is of all of them together.
func (c *Customer) payment(t *testing.T, b *books, o *Owed, name string) {
	t.Helper()
	want := orders.PaymentPaid
	if o.Surplus {
		want = orders.PaymentSurplus
	}
	var all, back, stored int64
	for _, p := range o.Payments {
		if p.ID == "" {
			continue
		}
		pm := b.payments[p.ID]
		if !assert.NotNil(t, pm, "%s: no payment %s", name, p.ID) {
			return
		}
		assert.Equal(t, want, pm.Status, "%s %s", name, p.ID)
		assert.Equal(t, []int64{p.Amount, p.held()}, []int64{pm.Gross, pm.Disputed}, "%s %s: gross, disputed", name, p.ID)
		if o.Surplus {
			assert.GreaterOrEqual(t, pm.Refunded, p.refunded(), "%s %s: refunded", name, p.ID)
		} else if len(o.Payments) > 1 {
			assert.Equal(t, p.refunded(), pm.Refunded, "%s %s: refunded", name, p.ID)
		}
		all, back, stored = all+p.Amount, back+p.refunded(), stored+pm.Refunded
		if len(o.Payments) == 1 {
			assert.Equal(t, []int64{p.Tax, p.Amount - p.Tax}, []int64{pm.Tax, pm.Net}, "%s: tax, net", name)
		}
	}
	if all > 0 && (o.Surplus || len(o.Payments) == 1) {
		assert.Equal(t, min(back+o.noted(), all), stored, "%s: refunded", name)
	}
}

// commission compares what the referrer earned: on what is kept, without tax.
func commission(t *testing.T, db *bun.DB, o *Owed, stored *orders.Order, name string) {
	t.Helper()
	if o.Paid == 0 {
		return
	}
	all, final := o.Back()
	net := o.Paid - o.Tax
	earned := affiliates.DefaultTiers().Commission(net, "USD")
	c, err := affiliates.Get(t.Context(), db, affiliates.GetParams{OrderNo: stored.OrderNo})
	require.NoError(t, err, name)
	assert.Equal(t, earned*((o.Paid-all)*net/o.Paid)/net, c.CommissionAmount, "%s: commission", name)
	assert.Equal(t, final == o.Paid, c.Status == affiliates.StatusRejected, "%s: commission rejected", name)
}
