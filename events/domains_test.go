package events_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	bunschema "github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/bridge/sqltx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/transfer"
	"github.com/chameleon-go/chameleon/users"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

var errUndone = errors.New("rolled back")

// teller calls verbs on a handle that writes events.
type teller struct {
	*testing.T
	db   *bun.DB
	user string
	seen int
}

func newTeller(t *testing.T, env *enginetest.Env) *teller {
	t.Helper()
	db := env.Open(t, chameleon.WithEvents())
	made, err := users.Create(t.Context(), db, users.CreateParams{Email: uuid.NewString() + "@example.com", At: noon})
	require.NoError(t, err)
	return &teller{t, db, made.User.UUID, len(stored(t, db, made.User.UUID))}
}

// tells calls a verb in a transaction that is rolled back, on the handle, and again:
// each type is told once.
func (m *teller) tells(verb func(ctx context.Context, db bun.IDB) error, want ...events.Type) []events.Record {
	m.Helper()
	ctx := m.Context()
	require.ErrorIs(m, m.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		require.NoError(m, verb(ctx, tx))
		require.Len(m, stored(m.T, tx, m.user), m.seen+len(want))
		return errUndone
	}), errUndone)
	require.Len(m, stored(m.T, m.db, m.user), m.seen, "nothing of what was rolled back")
	for range 2 {
		require.NoError(m, verb(ctx, m.db))
	}
	found := stored(m.T, m.db, m.user)[m.seen:]
	require.Equal(m, append([]events.Type{}, want...), types(found))
	m.seen += len(want)
	return found
}

func (m *teller) order(no string, interval orders.Interval) {
	m.Helper()
	_, err := orders.Create(m.Context(), m.db, orders.CreateParams{
		OrderNo: no, UserUUID: m.user, ProductID: "starter", ProductName: "Pack", Amount: 1999, Currency: "usd",
		PayType: orders.PayTypeStripe, Credits: 1000, Interval: interval, At: noon,
	})
	require.NoError(m, err)
}

func TestDomainsTell(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		m := newTeller(t, env)
		m.orders()
		m.subscriptions()
		m.generations()
		m.bridged(env)
		verified(t, env.DB)
		m.copied()
		m.deleted()
	})
}

func (m *teller) orders() {
	m.Helper()
	m.order("ORD-1", orders.IntervalOneTime)
	found := m.tells(func(ctx context.Context, db bun.IDB) error {
		_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", PayRef: "pi_1", At: noon})
		return err
	}, events.TypeCreditsGranted, events.TypeOrderPaid)
	require.JSONEq(m, `{"order_no":"ORD-1","amount":1999,"currency":"USD","credits":1000,"pay_type":"stripe","product_id":"starter"}`, found[1].Data)
	found = m.tells(func(ctx context.Context, db bun.IDB) error {
		_, err := orders.Refund(ctx, db, orders.RefundParams{OrderNo: "ORD-1", Ref: "re_1", Total: 999, At: noon})
		return err
	}, events.TypeOrderRefunded)
	require.JSONEq(m, `{"order_no":"ORD-1","refunded":999,"paid":1999,"currency":"USD","status":"paid"}`, found[0].Data)
	dispute := func(outcome orders.DisputeOutcome) func(ctx context.Context, db bun.IDB) error {
		return func(ctx context.Context, db bun.IDB) error {
			_, err := orders.Dispute(ctx, db, orders.DisputeParams{OrderNo: "ORD-1", Ref: "dp_1", Amount: 1000, Outcome: outcome, At: noon})
			return err
		}
	}
	found = m.tells(dispute(orders.DisputeOpen), events.TypeOrderRefunded)
	require.JSONEq(m, `{"order_no":"ORD-1","refunded":1999,"paid":1999,"currency":"USD","status":"paid"}`, found[0].Data)
	found = m.tells(dispute(orders.DisputeLost), events.TypeOrderRefunded) // the sum is the same, the status is not
	require.JSONEq(m, `{"order_no":"ORD-1","refunded":1999,"paid":1999,"currency":"USD","status":"refunded"}`, found[0].Data)
}

func (m *teller) subscriptions() {
	m.Helper()
	m.order("ORD-2", orders.IntervalMonth)
	found := m.tells(func(ctx context.Context, db bun.IDB) error {
		_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-2", SubID: "sub_1", PeriodStart: noon, At: noon})
		return err
	}, events.TypeCreditsGranted, events.TypeOrderPaid, events.TypeSubscriptionChanged)
	require.Contains(m, found[2].Data, `"sub_id":"sub_1","provider":"stripe","order_no":"ORD-2","status":"active"`)
	require.Contains(m, found[2].Data, `"period_end":"2026-02-28T12:00:00Z","cancel_at_period_end":false`)
	end := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	m.tells(func(ctx context.Context, db bun.IDB) error {
		_, err := orders.Renew(ctx, db, orders.RenewParams{SubID: "sub_1", PeriodStart: end, At: end})
		return err
	}, events.TypeCreditsGranted, events.TypeOrderPaid, events.TypeSubscriptionChanged)
	sync := func(status orders.SubscriptionStatus, ending bool, after time.Duration) func(ctx context.Context, db bun.IDB) error {
		return func(ctx context.Context, db bun.IDB) error {
			_, err := orders.SyncSubscription(ctx, db, orders.SyncSubscriptionParams{
				Provider: orders.PayTypeStripe, SubID: "sub_1", Status: status, CancelAtPeriodEnd: ending, At: end.Add(after),
			})
			return err
		}
	}
	m.tells(sync(orders.SubActive, false, time.Hour)) // nothing new
	m.tells(sync(orders.SubActive, true, 2*time.Hour), events.TypeSubscriptionChanged)
	found = m.tells(sync(orders.SubCancelled, true, 3*time.Hour), events.TypeSubscriptionChanged)
	require.Contains(m, found[0].Data, `"from":"active","status":"cancelled"`)
}

func (m *teller) generations() {
	m.Helper()
	_, err := credits.SetBudget(m.Context(), m.db, credits.SetBudgetParams{UserUUID: m.user, Name: "key", InAll: 12})
	require.NoError(m, err)
	made := [2]string{}
	image := generations.ChargeParams{
		UserUUID: m.user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a lizard", Budgets: []string{"key"},
	}
	for i := range made {
		g, err := generations.ChargeGeneration(m.Context(), m.db, image)
		require.NoError(m, err)
		made[i] = g.Generation.GenID
	}
	_, err = generations.ChargeGeneration(m.Context(), m.db, image)
	require.ErrorIs(m, err, credits.ErrBudget)
	found := m.tells(func(ctx context.Context, db bun.IDB) error {
		_, err := generations.Complete(ctx, db, generations.CompleteParams{GenID: made[0], ResultURLs: []string{"https://example.com/1.png"}})
		return err
	}, events.TypeGenerationSettled)
	require.JSONEq(m, `{"gen_id":"`+made[0]+`","status":"completed","cost":5}`, found[0].Data)
	found = m.tells(func(ctx context.Context, db bun.IDB) error {
		_, err := generations.Fail(ctx, db, generations.FailParams{GenID: made[1], Message: "no answer"})
		return err
	}, events.TypeGenerationSettled)
	require.JSONEq(m, `{"gen_id":"`+made[1]+`","status":"failed","cost":0}`, found[0].Data)
	b, err := credits.GetBudget(m.Context(), m.db, credits.GetBudgetParams{UserUUID: m.user, Name: "key"})
	require.NoError(m, err)
	require.EqualValues(m, 5, b.SpentInAll, "what failed is given back, once")
}

// bridged: a team's own *sql.Tx tells where its bridge was asked to.
func (m *teller) bridged(env *enginetest.Env) {
	m.Helper()
	var d bunschema.Dialect = mysqldialect.New()
	switch env.Engine {
	case dialect.PostgreSQL:
		d = pgdialect.New()
	case dialect.SQLite:
		d = sqlitedialect.New()
	}
	for _, bridge := range []*sqltx.Bridge{sqltx.New(d), sqltx.New(d).WithEvents()} {
		for _, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
			tx, err := m.db.DB.BeginTx(m.Context(), nil)
			require.NoError(m, err)
			require.NoError(m, bridge.In(m.Context(), tx, func(_ context.Context, tx bun.Tx) error {
				grant(m.T, tx, m.user, 3)
				return nil
			}))
			require.NoError(m, end(tx))
		}
	}
	found := stored(m.T, m.db, m.user)[m.seen:]
	require.Equal(m, []events.Type{events.TypeCreditsGranted}, types(found))
	m.seen++
}

// copied: a copy has the events, and the account's numbers go on there.
func (m *teller) copied() {
	m.Helper()
	to := enginetest.NewEmpty(m.T, dialect.SQLite).Open(m.T, chameleon.WithEvents())
	result, err := chameleon.Copy(m.Context(), m.db, to, transfer.CopyParams{NoAudit: true})
	require.NoError(m, err)
	require.True(m, result.OK())
	was, is := stored(m.T, m.db, m.user), stored(m.T, to, m.user)
	require.Len(m, is, len(was))
	for i := range was {
		require.True(m, was[i].CreatedAt.Equal(is[i].CreatedAt))
		was[i].CreatedAt, is[i].CreatedAt = time.Time{}, time.Time{}
	}
	require.Equal(m, was, is)
	grant(m.T, to, m.user, 1)
	require.Len(m, stored(m.T, to, m.user), m.seen+1)
	taken := 0
	_, err = events.Deliver(m.Context(), to, events.DeliverParams{Handler: func(_ context.Context, e events.Event) error {
		if e.Account == m.user {
			taken++
		}
		return nil
	}})
	require.NoError(m, err)
	require.Equal(m, m.seen+1, taken)
}

// deleted: what waits is still delivered when its user is deleted, what was is gone.
func (m *teller) deleted() {
	m.Helper()
	result, err := chameleon.DeleteUser(m.Context(), m.db, chameleon.DeleteUserParams{UserUUID: m.user})
	require.NoError(m, err)
	require.Zero(m, result.Events.Removed)
	waiting := len(stored(m.T, m.db, m.user))
	require.GreaterOrEqual(m, waiting, m.seen)
	done, err := events.Deliver(m.Context(), m.db, events.DeliverParams{Handler: func(context.Context, events.Event) error { return nil }})
	require.NoError(m, err)
	require.EqualValues(m, waiting, done.Delivered)
	result, err = chameleon.DeleteUser(m.Context(), m.db, chameleon.DeleteUserParams{UserUUID: m.user})
	require.NoError(m, err)
	require.EqualValues(m, waiting, result.Events.Removed)
}
