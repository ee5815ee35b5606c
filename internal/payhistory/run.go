package payhistory

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// World is where lives are lived: a database, and a provider that tells of them.
type World struct {
	Provider Provider
	PayType  orders.PayType
	// Handler is the one that a customer's events are told to.
	Handler func(c *Customer) Handle
}

// Run lives lives on one engine, as many as asked for, in one database.
func Run(t *testing.T, env *enginetest.Env, few uint64, worlds []World) {
	t.Helper()
	var all []*Customer
	end := time.Now().UTC().Truncate(time.Second).Add(-Day)
	for seed := range enginetest.Histories(t, few) {
		w := worlds[seed%uint64(len(worlds))]
		mode := Modes()[seed%uint64(len(Modes()))]
		r := rand.New(rand.NewPCG(seed, 2026))
		c := New(fmt.Sprint(seed), w.Provider, r, end)
		all = append(all, c)
		t.Run(fmt.Sprintf("seed %d %+v", seed, mode), func(t *testing.T) {
			c.live(t, env.DB, r, mode, w)
		})
		if t.Failed() {
			return
		}
	}
	earned(t, env.DB, all)
	report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
	require.NoError(t, err)
	assert.True(t, report.OK(), "%+v", report.Breaches)
}

// live tells one life, and again all of it, which changes nothing.
func (c *Customer) live(t *testing.T, db *bun.DB, r *rand.Rand, mode Mode, w World) {
	t.Helper()
	defer c.tell(t)
	c.register(t, db, w.PayType)
	handle := w.Handler(c)
	Deliver(t, db, r, mode, c.Events, handle, func() {
		c.spend(t, db)
		payOut(t, db, r, mode)
	})
	c.spend(t, db)
	payOut(t, db, r, mode)
	c.Check(t, db)
	before := c.entries(t, db)
	Deliver(t, db, r, Mode{Shuffled: true}, c.Events, handle, func() {})
	payOut(t, db, r, Mode{})
	c.Check(t, db)
	assert.Equal(t, before, c.entries(t, db), "%s: told again, nothing is written to the ledger", c.Name)
}

// tell logs a life that went wrong, for whoever has to find out why.
func (c *Customer) tell(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	events := slices.Clone(c.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	for _, e := range events {
		t.Logf("%s %s %v", e.At.Format(time.DateTime), e.Kind, e.Object["id"])
	}
	for _, o := range c.Owed {
		t.Logf("%s %s %s: surplus %v, trial %v, cut %v, part %v, monthly %v, %s to %s, bought %d for %d, gave %d credits and %d back, paid %d and %d",
			cmp.Or(o.Sub, o.Order), o.Bill, o.Pay(), o.Surplus, o.Trial, o.Cut, o.Part, o.Monthly, o.From.Format(time.DateTime),
			o.To.Format(time.DateTime), o.Credits, o.Worth, o.Takes, o.Gives, o.Paid, o.Balance)
	}
}

// register makes the user, who was invited, and the orders.
func (c *Customer) register(t *testing.T, db *bun.DB, provider orders.PayType) {
	t.Helper()
	inviter, err := users.Create(t.Context(), db, users.CreateParams{Email: "inviter-" + c.Name + "@example.com"})
	require.NoError(t, err)
	user, err := users.Create(t.Context(), db, users.CreateParams{Email: c.Name + "@example.com"})
	require.NoError(t, err)
	c.User = user.User.UUID
	_, err = db.NewUpdate().Table("users").Set("invited_by = ?", inviter.User.UUID).Where("uuid = ?", c.User).Exec(t.Context())
	require.NoError(t, err)
	for _, o := range c.Orders {
		p := orders.CreateParams{
			OrderNo: o.No, UserUUID: c.User, ProductID: o.Price.Plan.ProductID, Amount: o.Price.Amount, Currency: "USD",
			PayType: provider, Credits: o.Price.Credits, At: o.At,
		}
		if o.Recurs {
			p.Interval, p.Monthly = o.Price.Plan.Interval, o.Price.Plan.Monthly
		}
		_, err := orders.Create(t.Context(), db, p)
		require.NoError(t, err)
	}
}

// payOut makes the monthly grants that are due, at last without a crash.
func payOut(t *testing.T, db *bun.DB, r *rand.Rand, mode Mode) {
	t.Helper()
	crashing := db.WithQueryHook(enginetest.Crasher{})
	for mode.Crashing && r.IntN(3) > 0 {
		_, _ = enginetest.Crash(t.Context(), r.Int64N(70), func(ctx context.Context) error {
			_, err := orders.PayOut(ctx, crashing, orders.PayOutParams{})
			return err
		})
	}
	_, err := orders.PayOut(t.Context(), db, orders.PayOutParams{Limit: 1000})
	require.NoError(t, err)
}

// spend uses half of what there is.
func (c *Customer) spend(t *testing.T, db *bun.DB) {
	t.Helper()
	b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: c.User})
	require.NoError(t, err)
	if b.Available < 2 {
		return
	}
	_, err = credits.Charge(t.Context(), db, credits.ChargeParams{
		UserUUID: c.User, Amount: b.Available / 2, Type: credits.TypeAIGeneration, Key: fmt.Sprint("spent-", c.spent),
	})
	require.NoError(t, err)
	c.spent += b.Available / 2
}

func (c *Customer) entries(t *testing.T, db *bun.DB) int64 {
	t.Helper()
	n, err := db.NewSelect().Model((*credits.Entry)(nil)).Where("user_uuid = ?", c.User).Count(t.Context())
	require.NoError(t, err)
	return n
}

// earned compares the revenue with what the customers' money comes to.
func earned(t *testing.T, db *bun.DB, all []*Customer) {
	t.Helper()
	var want orders.CurrencyRevenue
	for _, c := range all {
		for _, o := range c.Owed {
			back, _ := o.Back()
			switch {
			case o.Surplus:
				want.Surplus += o.Paid - back
			case o.none():
			default:
				want.Orders++
				want.Gross, want.Tax, want.Refunded = want.Gross+o.Paid, want.Tax+o.Tax, want.Refunded+back
			}
		}
	}
	months, err := db.NewSelect().Model((*orders.Order)(nil)).Where("part_of IS NOT NULL").Count(t.Context())
	require.NoError(t, err)
	want.Orders += months
	want.Currency, want.Net = "USD", want.Gross-want.Refunded
	got, err := orders.Revenue(t.Context(), db, orders.RevenueParams{Days: orders.MaxDays, Currency: "USD"})
	require.NoError(t, err)
	require.Len(t, got.Totals, 1)
	assert.Equal(t, want, got.Totals[0], "revenue")
}
