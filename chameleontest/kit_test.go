package chameleontest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// recorder is a test that records how it fails.
type recorder struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) end() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}

func TestDatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	one, two := chameleontest.New(t), chameleontest.New(t)
	ada := chameleontest.User(t, one)
	_, err := users.Get(t.Context(), two, users.GetParams{UserUUID: ada.UUID})
	require.ErrorIs(t, err, users.ErrNotFound)
}

func TestFixturesMakeSenseTogether(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	chameleontest.RequireVerified(t, db)
	ada := chameleontest.User(t, db)
	chameleontest.AssertBalance(t, db, ada.UUID, 100)
	order := chameleontest.PaidOrder(t, db, ada.UUID)
	assert.Equal(t, orders.StatusPaid, order.Status)
	chameleontest.Grant(t, db, ada.UUID)
	generation := chameleontest.Generation(t, db, ada.UUID)
	assert.Equal(t, int64(10), generation.CreditsCost)
	sub := chameleontest.Subscribe(t, db, ada.UUID)
	assert.Equal(t, orders.SubActive, sub.Status)
	assert.Equal(t, sub.First.PeriodEnd, sub.PeriodEnd)
	chameleontest.AssertStatement(t, db, ada.UUID,
		chameleontest.Line{Kind: credits.KindGrant, Type: credits.TypeNewUser, Amount: 100, Available: 100},
		chameleontest.Line{Kind: credits.KindPaidGrant, Type: credits.TypeOrderPay, Amount: 500, Available: 600},
		chameleontest.Line{Kind: credits.KindGrant, Type: "gift", Amount: 1000, Available: 1600},
		chameleontest.Line{Kind: credits.KindCharge, Amount: -10, Available: 1590},
		chameleontest.Line{Kind: credits.KindPaidGrant, Type: credits.TypeOrderPay, Amount: 1000, Available: 2590},
	)
	referral := chameleontest.Affiliate(t, db)
	require.NotNil(t, referral.Commission)
	assert.Equal(t, referral.Referrer.UUID, referral.Commission.UserUUID)
	assert.Equal(t, "published", string(chameleontest.Post(t, db).Status))
	assert.NotEmpty(t, chameleontest.APIKey(t, db, ada.UUID).Secret.Reveal())
}

// TestOptions: a test takes a database with the events of its product.
func TestOptions(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t, chameleon.WithEvents())
	ada := chameleontest.User(t, db)
	delivered(t, db, ada.UUID, events.TypeCreditsGranted)
	delivered(t, (&chameleontest.Template{}).New(t, chameleon.WithEvents()), "", "")
	without := chameleontest.New(t) // the next test's has what it asks for itself
	chameleontest.User(t, without)
	delivered(t, without, "", "")
}

// delivered sees the one event that there is, or none.
func delivered(t *testing.T, db *bun.DB, account string, kind events.Type) {
	t.Helper()
	var got []events.Event
	_, err := events.Deliver(t.Context(), db, events.DeliverParams{Handler: func(_ context.Context, e events.Event) error {
		got = append(got, e)
		return nil
	}})
	require.NoError(t, err)
	if kind == "" {
		assert.Empty(t, got)
		return
	}
	require.Len(t, got, 1)
	assert.Equal(t, events.Event{Account: account, Type: kind}, events.Event{Account: got[0].Account, Type: got[0].Type})
}

func TestTxIsRolledBack(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	var ada *users.User
	t.Run("inside", func(t *testing.T) {
		ada = chameleontest.User(t, chameleontest.Tx(t, db))
	})
	_, err := users.Get(t.Context(), db, users.GetParams{UserUUID: ada.UUID})
	require.ErrorIs(t, err, users.ErrNotFound)
}

func TestAssertionsFailWithWhatIsThere(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	ada := chameleontest.User(t, db)
	r := &recorder{TB: t}
	assert.False(t, chameleontest.AssertBalance(r, db, ada.UUID, 99))
	assert.False(t, chameleontest.AssertStatement(r, db, ada.UUID))
	require.Len(t, r.failures, 2)
	for _, failure := range r.failures {
		assert.Contains(t, failure, `{Kind: "grant", Type: "new_user", Amount: 100, Available: 100},`)
	}
}

func TestRequireVerifiedFindsTampering(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	ada := chameleontest.User(t, db)
	r := &recorder{TB: t}
	chameleontest.RequireVerified(r, db)
	_, err := db.NewUpdate().Model((*credits.Account)(nil)).Set("left_credits = 101").Where("user_uuid = ?", ada.UUID).Exec(t.Context())
	require.NoError(t, err)
	r.end()
	require.NotEmpty(t, r.failures)
	assert.Contains(t, r.failures[0], ada.UUID)
}

func TestClock(t *testing.T) {
	t.Parallel()
	clock := chameleontest.NewClock(time.Time{})
	db := chameleontest.New(t)
	ada := chameleontest.User(t, db, func(p *users.CreateParams) { p.At = clock.Now() })
	clock.Advance(366 * 24 * time.Hour)
	balance, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: ada.UUID, At: clock.Now()})
	require.NoError(t, err)
	assert.Zero(t, balance.Available, "welcome credits end after a year")
	clock.Set(chameleontest.Epoch)
	assert.Equal(t, chameleontest.Epoch, clock.Now())
}

// BenchmarkNew is what a test pays for its database.
func BenchmarkNew(b *testing.B) {
	chameleontest.New(b)
	var db *bun.DB
	for b.Loop() {
		db = chameleontest.New(b)
		b.StopTimer()
		_ = db.Close()
		b.StartTimer()
	}
}
