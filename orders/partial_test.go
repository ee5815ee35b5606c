package orders_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// call is a verb with its params.
type call func(ctx context.Context, db bun.IDB) (*orders.Result, error)

// partial tries calls as if orders, commissions and ledger were databases of
// their own.
func partial(calls ...call) enginetest.Partial {
	return enginetest.Partial{
		Parts: map[string][]string{"orders": {"orders"}, "commissions": {"affiliates"}, "ledger": enginetest.Ledger},
		Same:  []string{"affiliates.updated_at"}, // of a row made anew and won back
		Do: func(ctx context.Context, db bun.IDB) (mended []credits.Part, replayed bool, err error) {
			replayed = true
			for _, c := range calls {
				r, err := c(ctx, db)
				if err != nil {
					return nil, false, err
				}
				mended = append(mended, r.Mended...)
				replayed = replayed && r.Replayed
			}
			return mended, replayed, nil
		},
	}
}

func pay(p orders.MarkPaidParams) call {
	p.OrderNo, p.At = "ORD-1", noon
	return func(ctx context.Context, db bun.IDB) (*orders.Result, error) { return orders.MarkPaid(ctx, db, p) }
}

func refund(p orders.RefundParams) call {
	p.OrderNo, p.At = "ORD-1", noon.Add(3*time.Hour)
	return func(ctx context.Context, db bun.IDB) (*orders.Result, error) { return orders.Refund(ctx, db, p) }
}

func disputed(amount int64, outcome orders.DisputeOutcome) call {
	return func(ctx context.Context, db bun.IDB) (*orders.Result, error) {
		return orders.Dispute(ctx, db, orders.DisputeParams{
			OrderNo: "ORD-1", Ref: "dp_1", Amount: amount, Outcome: outcome, At: noon.Add(4 * time.Hour),
		})
	}
}

func renewed(carry int64) call {
	return func(ctx context.Context, db bun.IDB) (*orders.Result, error) {
		return orders.Renew(ctx, db, orders.RenewParams{
			SubID: "sub_1", PeriodStart: date(2, 28), CarryOver: carry, At: date(2, 28).Add(time.Minute),
		})
	}
}

// did performs calls and forgets what they returned.
func did(calls ...call) func(ctx context.Context, db bun.IDB) error {
	return func(ctx context.Context, db bun.IDB) error {
		for _, c := range calls {
			if _, err := c(ctx, db); err != nil {
				return err
			}
		}
		return nil
	}
}

// converted pays the commission of the order out in credits, of which the
// referrer spends most.
func converted(ctx context.Context, db bun.IDB) error {
	c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: "ORD-1"})
	if err != nil {
		return err
	}
	if _, err := affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID, At: noon}); err != nil {
		return err
	}
	_, err = affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: c.ID, At: noon.Add(time.Hour)})
	if err != nil {
		return err
	}
	return spends(c.UserUUID, 150)(ctx, db)
}

func spends(user string, amount int64) func(ctx context.Context, db bun.IDB) error {
	return func(ctx context.Context, db bun.IDB) error {
		_, err := credits.Charge(ctx, db, credits.ChargeParams{
			UserUUID: user, Amount: amount, Key: "spent", At: noon.Add(2 * time.Hour),
		})
		return err
	}
}

// A commit that was partial is made whole by the same call: whatever of orders,
// commissions and ledger was lost, it ends where a call without a fault ends.
func TestPartialCommits(t *testing.T) {
	month := pack("")
	month.Interval = orders.IntervalMonth
	inPart := refund(orders.RefundParams{Total: 700})
	more := refund(orders.RefundParams{Total: 1300, Policy: credits.PolicyForgive})
	whole := refund(orders.RefundParams{Total: 1999})
	sub := pay(orders.MarkPaidParams{SubID: "sub_1"})
	pay := pay(orders.MarkPaidParams{})
	for name, c := range map[string]struct {
		order orders.CreateParams
		setup func(ctx context.Context, db bun.IDB) error
		calls []call
		// earlier is lost with a part, of which an order's row is none.
		earlier []call
	}{
		"pay":                        {calls: []call{pay}},
		"subscribe":                  {order: month, calls: []call{sub}},
		"renew":                      {order: month, setup: did(sub), calls: []call{renewed(0)}},
		"renew with carry-over":      {order: month, setup: did(sub), calls: []call{renewed(400)}},
		"refund in part":             {setup: did(pay), calls: []call{inPart}},
		"refund more":                {setup: did(pay, inPart), calls: []call{more}},
		"refund in full":             {setup: did(pay), calls: []call{whole}},
		"refund the rest":            {setup: did(pay, inPart), calls: []call{whole}},
		"pay and refund":             {calls: []call{pay, inPart}},
		"dispute":                    {setup: did(pay), calls: []call{disputed(1999, orders.DisputeOpen)}},
		"lose":                       {setup: did(pay, disputed(900, orders.DisputeOpen)), calls: []call{disputed(1999, orders.DisputeLost)}},
		"win":                        {setup: did(pay, disputed(900, orders.DisputeOpen)), calls: []call{disputed(900, orders.DisputeWon)}},
		"pay, refunded since":        {earlier: []call{pay, inPart, more}, calls: []call{pay}},
		"refund, with what was paid": {earlier: []call{pay, inPart}, calls: []call{more}},
		"refund in full, with all":   {earlier: []call{pay, inPart}, calls: []call{whole}},
		"win, with all":              {earlier: []call{pay, disputed(900, orders.DisputeOpen)}, calls: []call{disputed(900, orders.DisputeWon)}},
		"renewal, with all":          {order: month, earlier: []call{sub, renewed(400)}, calls: []call{sub, renewed(400)}},
	} {
		t.Run(name, func(t *testing.T) {
			enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
				ctx := context.Background()
				_, buyer := invited(t, env.DB, "ada")
				bought := c.order // a copy: engines run side by side
				if bought.ProductID == "" {
					bought = pack("")
				}
				bought.UserUUID = buyer
				order(t, env.DB, "ORD-1", bought)
				if c.setup != nil {
					require.NoError(t, c.setup(ctx, env.DB))
					require.NoError(t, spends(buyer, 600)(ctx, env.DB))
				}
				p := partial(c.calls...)
				if c.earlier != nil {
					p.Earlier = did(c.earlier...)
					delete(p.Parts, "orders")
				}
				p.Run(t, env.DB)
			})
		})
	}
}

// What a referrer was paid in credits is taken back, and given back, once.
func TestPartialCommitsOfConverted(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := invited(t, env.DB, "ada")
		p := pack(buyer)
		p.Amount = 60_00
		order(t, env.DB, "ORD-1", p)
		require.NoError(t, did(pay(orders.MarkPaidParams{}))(ctx, env.DB))
		require.NoError(t, converted(ctx, env.DB))
		partial(refund(orders.RefundParams{Total: 2000})).Run(t, env.DB)
	})
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		_, buyer := invited(t, env.DB, "grace")
		p := pack(buyer)
		p.Amount = 60_00
		order(t, env.DB, "ORD-1", p)
		lost := partial(refund(orders.RefundParams{Total: 2000}))
		delete(lost.Parts, "orders")
		delete(lost.Parts, "commissions")
		spent := false
		lost.Earlier = func(ctx context.Context, db bun.IDB) error {
			if err := did(pay(orders.MarkPaidParams{}))(ctx, db); err != nil || spent {
				return err
			}
			c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: "ORD-1"})
			if err != nil {
				return err
			}
			if _, err := affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID, At: noon}); err != nil {
				return err
			}
			_, err = affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: c.ID, At: noon.Add(time.Hour)})
			return err
		}
		lost.Run(t, env.DB)
	})
}

// set is another program's statement.
func set(t *testing.T, db *bun.DB, statement string, args ...any) {
	t.Helper()
	_, err := db.Exec(statement, args...)
	require.NoError(t, err)
}

// Another program set a status and did nothing of what follows.
func TestStatusesOfOtherPrograms(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := invited(t, env.DB, "ada")
		order(t, env.DB, "ORD-1", pack(buyer))
		paidAt := noon.Add(-time.Minute)

		set(t, env.DB, "UPDATE orders SET status = 'paid', paid_at = ?", paidAt)
		r, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", At: noon})
		require.NoError(t, err)
		assert.Equal(t, []credits.Part{credits.PartOrder, credits.PartGrant, credits.PartCommission}, r.Mended)
		assert.True(t, paidAt.Equal(r.Order.PaidAt))
		assert.Equal(t, int64(1100), available(t, env.DB, buyer))
		require.NotNil(t, r.Commission)

		for _, status := range []string{"pending", "failed", "cancelled"} {
			set(t, env.DB, "UPDATE orders SET status = ?", status)
			r, err = orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", At: noon.Add(time.Hour)})
			require.NoError(t, err)
			assert.Equal(t, []credits.Part{credits.PartOrder}, r.Mended)
			assert.True(t, r.Operation.Replayed)
			assert.True(t, paidAt.Equal(get(t, env.DB, "ORD-1").PaidAt))
		}
		set(t, env.DB, "UPDATE orders SET paid_at = NULL")
		r, err = orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", At: paidAt})
		require.NoError(t, err)
		assert.Equal(t, []credits.Part{credits.PartOrder}, r.Mended)

		set(t, env.DB, "UPDATE orders SET status = 'refunded'")
		r, err = orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Total: 1999, At: noon})
		require.NoError(t, err)
		assert.False(t, r.Replayed)
		assert.Equal(t, int64(1000), r.Operation.Amount)
		assert.Equal(t, affiliates.StatusRejected, r.Commission.Status)
		assert.Equal(t, int64(100), available(t, env.DB, buyer))

		set(t, env.DB, "UPDATE orders SET status = 'paid'")
		r, err = orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Total: 1999, At: noon})
		require.NoError(t, err)
		assert.Equal(t, []credits.Part{credits.PartOrder}, r.Mended)
		assert.Equal(t, orders.StatusRefunded, get(t, env.DB, "ORD-1").Status)
		verify(t, env.DB)
	})
}

// What another program granted for an order is not granted again, whether its
// history was taken over or not.
func TestAdoptedOrdersAreNotGrantedAgain(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, adopted := range []bool{false, true} {
			adoptedOrders(t, env, adopted)
		}
	})
}

func adoptedOrders(t *testing.T, env *enginetest.Env, adopted bool) {
	t.Helper()
	ctx := context.Background()
	for name, c := range map[string]struct {
		order  orders.Order
		entry  *credits.Entry
		minted int64
	}{
		"its entry, in the original's columns": {
			order: orders.Order{CreatedAt: noon, PaidAt: noon},
			entry: &credits.Entry{TransType: credits.TypeOrderPay, Credits: 500, CreatedAt: noon},
		},
		"its entry, with its number": {
			order: orders.Order{CreatedAt: noon, PaidAt: noon, Credits: 1000},
			entry: &credits.Entry{TransType: credits.TypeOrderPay, Credits: 500, OrderNo: "its entry, with its number"},
		},
		"our order, and an entry of its amount": {
			order: orders.Order{CreatedAt: noon, PaidAt: noon, Credits: 1000},
			entry: &credits.Entry{TransType: credits.TypeOrderPay, Credits: 1000, CreatedAt: noon.Add(time.Minute)},
		},
		"no times": {
			entry: &credits.Entry{TransType: credits.TypeOrderPay, Credits: 500},
		},
		"an entry from before the order": {
			order:  orders.Order{CreatedAt: noon, PaidAt: noon},
			entry:  &credits.Entry{TransType: credits.TypeOrderPay, Credits: 500, CreatedAt: noon.AddDate(0, -1, 0)},
			minted: 500,
		},
		"an entry of another amount": {
			order:  orders.Order{CreatedAt: noon, PaidAt: noon, Credits: 1000},
			entry:  &credits.Entry{TransType: credits.TypeOrderPay, Credits: 5000, CreatedAt: noon},
			minted: 1000,
		},
		"an entry of another type": {
			order:  orders.Order{CreatedAt: noon, PaidAt: noon},
			entry:  &credits.Entry{TransType: credits.TypeSystemAdd, Credits: 500, CreatedAt: noon},
			minted: 500,
		},
	} {
		user := signUp(t, env.DB, uuid.NewString()+"@example.com")
		if adopted {
			name += ", taken over"
		}
		c.order.OrderNo, c.order.UserUUID = name, user
		if c.entry.OrderNo != "" {
			c.entry.OrderNo = name
		}
		c.order.Amount, c.order.Currency, c.order.Status = 500, "USD", orders.StatusPaid
		_, err := env.DB.NewInsert().Model(&c.order).Exec(ctx)
		require.NoError(t, err)
		c.entry.UserUUID = user
		_, err = env.DB.NewInsert().Model(c.entry).ExcludeColumn("balance", "available", "held").Exec(ctx)
		require.NoError(t, err)
		if adopted {
			got, err := credits.Adopt(ctx, env.DB, credits.AdoptParams{UserUUID: user})
			require.NoError(t, err)
			require.EqualValues(t, 1, got.Taken)
		}
		before := available(t, env.DB, user)
		for i := range 2 {
			r, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: name, Credits: 500, At: noon})
			require.NoError(t, err, name)
			assert.Equal(t, before+c.minted, available(t, env.DB, user), name)
			assert.Equal(t, i == 1 || c.minted == 0, r.Replayed, name)
		}
	}
}

// A repeated call knows what an order earned when it was paid.
func TestReplaysDoNotEarnAnew(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		order(t, env.DB, "ORD-1", pack(user))
		paid := pay(orders.MarkPaidParams{})
		require.NoError(t, did(paid)(ctx, env.DB))

		other, err := users.Create(ctx, env.DB, users.CreateParams{Email: "grace@example.com", At: noon})
		require.NoError(t, err)
		_, err = users.SetReferrer(ctx, env.DB, users.SetReferrerParams{
			UserUUID: user, InviteCode: other.User.InviteCode, At: noon,
		})
		require.NoError(t, err)
		again, err := paid(ctx, env.DB)
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		assert.Nil(t, again.Commission)

		// Other tiers earn what the order earned by those of its time.
		order(t, env.DB, "ORD-2", pack(user))
		p := orders.MarkPaidParams{OrderNo: "ORD-2", Tiers: affiliates.Tiers{{Percent: 10}}, At: noon}
		first, err := orders.MarkPaid(ctx, env.DB, p)
		require.NoError(t, err)
		set(t, env.DB, "DELETE FROM affiliates")
		p.Tiers = affiliates.Tiers{{Percent: 50}}
		mended, err := orders.MarkPaid(ctx, env.DB, p)
		require.NoError(t, err)
		assert.Equal(t, []credits.Part{credits.PartCommission}, mended.Mended)
		assert.Equal(t, first.Commission.CommissionAmount, mended.Commission.CommissionAmount)
		assert.Equal(t, int64(10), mended.Commission.CommissionRate)
	})
}
