package chameleon_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// zoneTrace is what one user does on one evening, through one handle. The evening
// in UTC is the next morning in India.
type zoneTrace struct {
	t      *testing.T
	env    *enginetest.Env
	db     bun.IDB
	handle foreignHandle

	evening time.Time
	user    string
	order   string
	post    string
	gen     string
}

// run does it and reads it back through the handle.
func (z *zoneTrace) run() {
	z.t.Helper()
	var evenings int
	require.NoError(z.t, z.db.NewRaw("SELECT COUNT(*) FROM users").Scan(z.t.Context(), &evenings))
	z.evening = time.Date(2025, 12, 1+evenings, 20, 30, 45, 123456000, time.UTC)
	z.write()
	z.readRows()
	z.readWindows()
}

func (z *zoneTrace) write() {
	t, ctx := z.t, z.t.Context()
	z.user = ok(users.Create(ctx, z.db, users.CreateParams{Email: uuid.NewString() + "@example.com", At: z.evening}))(t).User.UUID
	o := ok(orders.Create(ctx, z.db, orders.CreateParams{
		UserUUID: z.user, ProductID: "pack", Amount: 900, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 50, At: z.evening,
	}))(t)
	z.order = o.Order.OrderNo
	ok(orders.MarkPaid(ctx, z.db, orders.MarkPaidParams{OrderNo: z.order, At: z.evening.Add(time.Minute)}))(t)
	ok(credits.Charge(ctx, z.db, credits.ChargeParams{UserUUID: z.user, Key: "c", Amount: 7, At: z.evening.Add(2 * time.Minute)}))(t)
	z.gen = ok(generations.ChargeGeneration(ctx, z.db, generations.ChargeParams{
		UserUUID: z.user, AIType: "text", Provider: "p", Model: "m", Prompt: "a fox", Cost: 3, At: z.evening.Add(3 * time.Minute),
	}))(t).Generation.GenID
	z.post = ok(content.CreatePost(ctx, z.db, content.CreatePostParams{Title: z.user, Locale: "en", At: z.evening}))(t).UUID
	ok(content.SubmitFeedback(ctx, z.db, content.SubmitFeedbackParams{UserUUID: z.user, Content: "fine", Rating: 4, At: z.evening}))(t)
	key := ok(apikeys.Create(ctx, z.db, apikeys.CreateParams{UserUUID: z.user, Name: "k", At: z.evening}))(t)
	ok(apikeys.Authenticate(ctx, z.db, apikeys.AuthenticateParams{Key: key.Secret, At: z.evening.Add(time.Hour)}))(t)
}

// same compares a time that was read.
func (z *zoneTrace) same(want, got time.Time, what string) {
	z.t.Helper()
	assert.True(z.t, want.Equal(got), "%s on %s, %+v: %s, want %s", what, z.env.Engine, z.handle, got, want)
}

func (z *zoneTrace) readRows() {
	t, ctx := z.t, z.t.Context()
	z.same(z.evening, ok(users.Get(ctx, z.db, users.GetParams{UserUUID: z.user}))(t).CreatedAt, "user")
	o := ok(orders.Get(ctx, z.db, orders.GetParams{OrderNo: z.order}))(t)
	z.same(z.evening, o.CreatedAt, "order")
	z.same(z.evening.Add(time.Minute), o.PaidAt, "payment")
	z.same(z.evening.Add(3*time.Minute), ok(generations.Get(ctx, z.db, generations.GetParams{GenID: z.gen}))(t).CreatedAt, "generation")
	z.same(z.evening, ok(content.GetPost(ctx, z.db, content.GetPostParams{UUID: z.post}))(t).CreatedAt, "post")
	keys := ok(apikeys.List(ctx, z.db, apikeys.ListParams{UserUUID: z.user}))(t).Items
	require.Len(t, keys, 1)
	z.same(z.evening.Add(time.Hour), keys[0].LastUsedAt, "key's use")
	report := ok(audit.Verify(ctx, z.db, audit.VerifyParams{UserUUID: z.user}))(t)
	assert.True(t, report.OK(), "%+v: %v", z.handle, report.Breaches)
	again := ok(orders.MarkPaid(ctx, z.db, orders.MarkPaidParams{OrderNo: z.order}))(t)
	assert.True(t, again.Replayed, "%+v: %v", z.handle, again.Mended)
	z.same(z.evening.Add(time.Minute), again.Order.PaidAt, "payment again")
}

// readWindows reads what compares times in the database.
func (z *zoneTrace) readWindows() {
	t, ctx := z.t, z.t.Context()
	from, to := z.evening, z.evening.Add(time.Microsecond)
	assert.EqualValues(t, 1, ok(users.Count(ctx, z.db, users.CountParams{From: from, To: to}))(t).SignedUp, "%+v", z.handle)
	assert.Zero(t, ok(users.Count(ctx, z.db, users.CountParams{From: to, To: to.Add(time.Hour)}))(t).SignedUp, "%+v", z.handle)
	days := ok(users.SignUpsPerDay(ctx, z.db, users.SignUpsPerDayParams{Days: 1, At: z.evening}))(t)
	assert.EqualValues(t, 1, days.Total, "%+v", z.handle)
	revenue := ok(orders.Revenue(ctx, z.db, orders.RevenueParams{Days: 1, At: z.evening, Currency: "USD"}))(t)
	assert.EqualValues(t, 900, revenue.Totals[0].Gross, "%+v", z.handle)
	first := z.evening.Add(3 * time.Minute)
	counts := ok(generations.CountByStatus(ctx, z.db, generations.CountParams{From: first, To: first.Add(time.Microsecond)}))(t)
	assert.EqualValues(t, 1, counts[generations.StatusPending], "%+v", z.handle)
	stats := ok(content.FeedbackStats(ctx, z.db, content.FeedbackStatsParams{From: from, To: to}))(t)
	assert.EqualValues(t, 1, stats.Count, "%+v", z.handle)

	// Every page once, the newest first: the cursors hold times.
	var last time.Time
	seen := map[string]bool{}
	for cursor := ""; ; {
		page := ok(orders.ListAll(ctx, z.db, orders.ListAllParams{Cursor: cursor, Limit: 2}))(t)
		for _, o := range page.Items {
			assert.True(t, last.IsZero() || !o.CreatedAt.After(last), "%+v: the order of the list", z.handle)
			assert.False(t, seen[o.OrderNo], "%+v: listed twice", z.handle)
			last, seen[o.OrderNo] = o.CreatedAt, true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	var all int
	require.NoError(t, z.db.NewRaw("SELECT COUNT(*) FROM orders").Scan(ctx, &all))
	assert.Len(t, seen, all, "%+v", z.handle)
}

// stored reads what the tables hold, through a session in UTC.
func (z *zoneTrace) stored() {
	z.t.Helper()
	for _, row := range []struct {
		table, column, where, id string
		want                     time.Time
	}{
		{"users", "created_at", "uuid", z.user, z.evening},
		{"orders", "created_at", "order_no", z.order, z.evening},
		{"orders", "paid_at", "order_no", z.order, z.evening.Add(time.Minute)},
		{"credits", "updated_at", "user_uuid", z.user, z.evening.Add(3 * time.Minute)},
		{"generations", "created_at", "gen_id", z.gen, z.evening.Add(3 * time.Minute)},
		{"posts", "created_at", "uuid", z.post, z.evening},
		{"feedbacks", "created_at", "user_uuid", z.user, z.evening},
		{"apikeys", "last_used_at", "user_uuid", z.user, z.evening.Add(time.Hour)},
	} {
		var text string
		err := z.env.DB.NewRaw("SELECT CAST(? AS char(26)) FROM ? WHERE ? = ?",
			bun.Ident(row.column), bun.Ident(row.table), bun.Ident(row.where), row.id).Scan(z.t.Context(), &text)
		require.NoError(z.t, err)
		assert.Equal(z.t, row.want.Format("2006-01-02 15:04:05.999999"), text[:26], "%s.%s on %s, %+v", row.table, row.column, z.env.Engine, z.handle)
	}
	var wrong int
	err := z.env.DB.NewRaw("SELECT COUNT(*) FROM credits_trans WHERE user_uuid = ? AND created_at NOT BETWEEN ? AND ?",
		z.user, z.evening, z.evening.Add(3*time.Minute)).Scan(z.t.Context(), &wrong)
	require.NoError(z.t, err)
	assert.Zero(z.t, wrong, "entries on %s, %+v", z.env.Engine, z.handle)
}

// refused: nothing is written or read.
func (z *zoneTrace) refused() {
	t := z.t
	t.Helper()
	id := uuid.NewString()
	_, err := users.Create(t.Context(), z.db, users.CreateParams{UserUUID: id, Email: id + "@example.com", At: time.Now()})
	require.ErrorIs(t, err, dialect.ErrTimeZone)
	assert.ErrorContains(t, err, z.handle.session)
	_, err = users.Get(t.Context(), z.db, users.GetParams{UserUUID: id})
	require.ErrorIs(t, err, dialect.ErrTimeZone)
	_, err = credits.Grant(t.Context(), z.db, credits.GrantParams{UserUUID: id, Key: "g", Type: credits.TypeSystemAdd, Amount: 5})
	require.ErrorIs(t, err, dialect.ErrTimeZone)
	found, err := z.db.NewSelect().Table("credits").Where("user_uuid = ?", id).Count(context.WithoutCancel(t.Context()))
	require.NoError(t, err, "the transaction is usable")
	assert.Zero(t, found)
}
