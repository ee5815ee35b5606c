package orders_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Two payments pay an invoice after an attempt that failed: each is what it paid, and
// its refund its own, whenever the failure and its replay are told.
func TestPaymentsOfAnInvoiceThatFailedFirst(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := signUp(t, env.DB, "ada@example.com")
		n := 0
		for _, told := range [][]string{
			{"link 1", "link 2", "paid", "refund 2"},
			{"link 1", "link 2", "refund 2", "paid"},
			{"refund 2", "link 1", "link 2", "paid"},
			{"refund 2", "paid", "link 1", "link 2"},
			{"refund 1", "link 2", "paid", "link 1"},
		} {
			for _, failed := range []string{"failed", "failed 1", "failed 2"} {
				for again := range slices.Index(told, "paid") + 1 {
					n++
					paidInParts(t, env.DB, user, fmt.Sprint("P", n), append([]string{failed}, slices.Insert(slices.Clone(told), again, failed)...))
				}
			}
		}
	})
}

// paidInParts tells of an order that two payments paid, of which one was refunded.
func paidInParts(t *testing.T, db *bun.DB, user, no string, told []string) {
	t.Helper()
	ctx := t.Context()
	ref, invoice := func(i int) string { return fmt.Sprint("pi_", i, no) }, "in_"+no
	usd := func(amount int64) *orders.Money { return &orders.Money{Amount: amount, Currency: "USD"} }
	paid := map[int]int64{1: 600, 2: 400}
	must(orders.Create(ctx, db, orders.CreateParams{
		OrderNo: no, UserUUID: user, ProductID: "pro", Amount: 1000, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 1000,
	}))
	refunded := 0
	for _, what := range told {
		var kind string
		var i int
		_, _ = fmt.Sscan(what, &kind, &i) // some name no payment
		var err error
		switch kind {
		case "failed":
			p := orders.MarkFailedParams{OrderNo: no, Invoice: invoice, Due: usd(1000)}
			if i > 0 {
				p.PayRef = ref(i)
			}
			_, err = orders.MarkFailed(ctx, db, p)
		case "link":
			_, err = orders.LinkPayment(ctx, db, orders.LinkPaymentParams{
				Provider: orders.PayTypeStripe, PayRef: ref(i), Invoice: invoice, Paid: usd(paid[i]),
			})
		case "paid":
			_, err = orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: no, Invoice: invoice, Paid: usd(1000)})
		case "refund":
			refunded = i
			_, err = orders.Refund(ctx, db, orders.RefundParams{
				Provider: orders.PayTypeStripe, PayRef: ref(i), Of: paid[i], Ref: "re", Total: paid[i],
			})
		}
		require.NoError(t, err, "%s of %v", what, told)
	}
	list, err := orders.ListPayments(ctx, db, orders.ListPaymentsParams{OrderNo: no})
	require.NoError(t, err)
	got := map[string][]any{}
	for _, pm := range list.Items {
		got[pm.Ref] = []any{pm.Status, pm.Gross, pm.Refunded}
	}
	want := map[string][]any{}
	for i, amount := range paid {
		want[ref(i)] = []any{orders.PaymentPaid, amount, int64(0)}
	}
	want[ref(refunded)][2] = paid[refunded]
	assert.Equal(t, want, got, "%v", told)
	assert.Equal(t, paid[refunded], get(t, db, no).RefundedAmount, "%v", told)
}

// What a transaction read first does not show the invoice's payment: its name, and a
// further payment of it, are not lost.
func TestLinksBehindSnapshots(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, db := t.Context(), env.DB
		user := signUp(t, db, "ada@example.com")
		usd := func(amount int64) *orders.Money { return &orders.Money{Amount: amount, Currency: "USD"} }
		link := func(db bun.IDB, no, ref string, amount int64) error {
			_, err := orders.LinkPayment(ctx, db, orders.LinkPaymentParams{
				Provider: orders.PayTypeStripe, PayRef: ref + no, Invoice: "in_" + no, Paid: usd(amount),
			})
			return err
		}
		pay := func(no string) error {
			_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: no, Invoice: "in_" + no, Paid: usd(1000)})
			return err
		}
		for no, meanwhile := range map[string]func(no string) error{
			"paid": pay, "linked": func(no string) error { return link(db, no, "pi_1", 600) },
			"both": func(no string) error { return errors.Join(pay(no), link(db, no, "pi_1", 600)) },
		} {
			must(orders.Create(ctx, db, orders.CreateParams{
				OrderNo: no, UserUUID: user, ProductID: "pro", Amount: 1000, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 1000,
			}))
			behind(t, env, func() { require.NoError(t, meanwhile(no)) }, func(tx bun.IDB) error { return link(tx, no, "pi_2", 400) })
			if no == "linked" {
				require.NoError(t, pay(no))
			}
			if no == "paid" {
				require.NoError(t, link(db, no, "pi_1", 600))
			}
			list, err := orders.ListPayments(ctx, db, orders.ListPaymentsParams{OrderNo: no})
			require.NoError(t, err)
			got := map[string][]any{}
			for _, pm := range list.Items {
				got[pm.Ref] = []any{pm.Status, pm.Gross}
			}
			assert.Equal(t, map[string][]any{
				"pi_1" + no: {orders.PaymentPaid, int64(600)}, "pi_2" + no: {orders.PaymentPaid, int64(400)},
			}, got, no)
		}
	})
}

// behind does something in a caller's transaction that read before others did. SQLite
// and PostgreSQL at REPEATABLE READ may refuse that, and then it is done again.
func behind(t *testing.T, env *enginetest.Env, meanwhile func(), do func(tx bun.IDB) error) {
	t.Helper()
	tx, err := env.DB.BeginTx(t.Context(), &sql.TxOptions{Isolation: level(env)})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	if env.Engine != dialect.SQLite {
		var n int
		require.NoError(t, tx.NewRaw("SELECT COUNT(*) FROM payments").Scan(t.Context(), &n))
		meanwhile()
	}
	if err = do(tx); err == nil {
		err = tx.Commit()
	}
	if env.Engine == dialect.PostgreSQL && errors.Is(err, dialect.ErrTransient) {
		require.NoError(t, tx.Rollback())
		err = do(env.DB)
	}
	require.NoError(t, err)
	if env.Engine == dialect.SQLite {
		meanwhile() // it has one writer at a time
	}
}

func level(env *enginetest.Env) sql.IsolationLevel {
	if env.Engine == dialect.SQLite {
		return sql.LevelDefault
	}
	return sql.LevelRepeatableRead
}
