package chameleon_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

var creditRules = []rule{
	{name: "left_total_and_expired", holds: func(t *testing.T, env *enginetest.Env) {
		u, end := uuid.NewString(), lastDay.Add(time.Hour)
		grant(t, env.DB, credits.GrantParams{UserUUID: u, Amount: 850})
		grant(t, env.DB, credits.GrantParams{UserUUID: u, Amount: 250, ExpiresAt: end})
		b := balance(t, env.DB, u, end)
		assert.Equal(t, []int64{850, 1100, 250}, []int64{b.Available, b.Total, b.Expired})
		ok(credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: end}))(t)
		row := accountRow(t, env, u)
		assert.Equal(t, []int64{850, 1100}, []int64{row.LeftCredits, row.TotalCredits})
	}},
	{name: "one_account_row_a_user", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		grant(t, env.DB, credits.GrantParams{UserUUID: u, Amount: 5})
		spend(t, env.DB, u, 7, lastDay)
		n := ok(env.DB.NewSelect().Model((*credits.Account)(nil)).Where("user_uuid = ?", u).Count(t.Context()))(t)
		assert.EqualValues(t, 1, n)
		assert.Equal(t, int64(98), accountRow(t, env, u).LeftCredits)
	}},
	{name: "transaction_types", holds: func(t *testing.T, env *enginetest.Env) { everyType(t, env) }},
	{name: "types_are_an_open_set", holds: func(t *testing.T, env *enginetest.Env) {
		u := uuid.NewString()
		grant(t, env.DB, credits.GrantParams{UserUUID: u, Amount: 5, Type: "birthday"})
		ok(credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: u, Amount: 2, Type: "avatar_frame", At: lastDay}))(t)
		lines := ok(credits.Statement(t.Context(), env.DB, credits.StatementParams{UserUUID: u}))(t).Items
		assert.Equal(t, []string{"avatar_frame", "birthday"}, []string{lines[0].Type, lines[1].Type})
	}},
	{name: "ping_1_a_user_and_utc_day", holds: func(t *testing.T, env *enginetest.Env) {
		u := uuid.NewString()
		midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		for _, step := range []struct {
			at       time.Time
			replayed bool
			total    int64
		}{
			{midnight.Add(-time.Hour), false, 1},
			{midnight.Add(-time.Microsecond).In(time.FixedZone("", 7*3600)), true, 1}, // the next day there
			{midnight, false, 2},
		} {
			op := ok(credits.Ping(t.Context(), env.DB, credits.PingParams{UserUUID: u, At: step.at}))(t)
			assert.Equal(t, step.replayed, op.Replayed)
			assert.Equal(t, credits.TypePing, op.Type)
			assert.Equal(t, int64(1), op.Amount)
			assert.Equal(t, step.total, balance(t, env.DB, u, midnight).Total)
		}
	}},
	{name: "system_add_positive_or_negative", holds: func(t *testing.T, env *enginetest.Env) {
		u := uuid.NewString()
		for _, amount := range []int64{50, -20} {
			op := ok(credits.Adjust(t.Context(), env.DB, credits.AdjustParams{UserUUID: u, Amount: amount, At: lastDay}))(t)
			assert.Equal(t, credits.TypeSystemAdd, op.Type)
			assert.Equal(t, amount, op.Entries[0].Credits)
		}
		assert.Equal(t, int64(30), balance(t, env.DB, u, lastDay).Available)
	}},
	{name: "new_user_and_ping_expire_in_a_year", holds: func(t *testing.T, env *enginetest.Env) {
		r := ok(users.Create(t.Context(), env.DB, users.CreateParams{Email: "year@example.com", At: lastDay}))(t)
		ping := ok(credits.Ping(t.Context(), env.DB, credits.PingParams{UserUUID: r.User.UUID, At: lastDay}))(t)
		for _, op := range []*credits.Operation{r.Welcome, ping} {
			assert.Equal(t, "2027-01-31T12:00:00.000000Z", op.Entries[0].ExpiredAt)
		}
	}},
	{name: "admin_credits_expire_as_given_or_never", holds: func(t *testing.T, env *enginetest.Env) {
		u := uuid.NewString()
		given := ok(credits.Adjust(t.Context(), env.DB, credits.AdjustParams{
			UserUUID: u, Amount: 5, ExpiresAt: time.Date(2026, 6, 1, 2, 0, 0, 0, time.FixedZone("", 7200)), At: lastDay,
		}))(t)
		assert.Equal(t, "2026-06-01T00:00:00.000000Z", given.Entries[0].ExpiredAt, "an ISO 8601 UTC time")
		never := ok(credits.Adjust(t.Context(), env.DB, credits.AdjustParams{UserUUID: u, Amount: 5, At: lastDay}))(t)
		assert.Empty(t, never.Entries[0].ExpiredAt)
		assert.Equal(t, int64(5), balance(t, env.DB, u, lastDay.AddDate(1000, 0, 0)).Available)
	}},
	{name: "expired_at_empty_or_null_means_never", holds: func(t *testing.T, env *enginetest.Env) {
		u := uuid.NewString()
		run(t, env.DB, "INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at) VALUES ('"+u+"', 'ping', 1, ''), ('"+u+"', 'ping', 1, NULL)")
		lines := ok(credits.Statement(t.Context(), env.DB, credits.StatementParams{UserUUID: u}))(t).Items
		require.Len(t, lines, 2)
		for _, line := range lines {
			assert.True(t, line.Legacy && line.Allocations[0].ExpiresAt.IsZero())
		}
	}},
	{name: "spends_soonest_then_free_then_oldest", holds: func(t *testing.T, env *enginetest.Env) {
		u, soon, late := uuid.NewString(), lastDay.Add(time.Hour), lastDay.Add(2*time.Hour)
		names := map[int64]string{}
		for _, g := range []struct {
			name    string
			expires time.Time
			paid    bool
		}{
			{"never paid", time.Time{}, true},
			{"never free", time.Time{}, false},
			{"late paid", late, true},
			{"late free, older", late, false},
			{"late free, newer", late, false},
			{"soon paid", soon, true},
		} {
			op := grant(t, env.DB, credits.GrantParams{UserUUID: u, Amount: 10, ExpiresAt: g.expires, Paid: g.paid})
			names[op.Entries[0].Lot] = g.name
		}
		var drawn []string
		for _, e := range spend(t, env.DB, u, 60, lastDay).Entries {
			drawn = append(drawn, names[e.Lot])
		}
		assert.Equal(t, []string{"soon paid", "late free, older", "late free, newer", "late paid", "never free", "never paid"}, drawn)
	}},
	{name: "insufficient_credits_says_need_and_have", holds: func(t *testing.T, env *enginetest.Env) {
		u := uuid.NewString()
		grant(t, env.DB, credits.GrantParams{UserUUID: u, Amount: 5})
		_, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: u, Amount: 10, At: lastDay})
		require.EqualError(t, err, "insufficient credits: need 10, have 5")
		require.ErrorIs(t, err, credits.ErrInsufficient)
		assert.Equal(t, int64(5), balance(t, env.DB, u, lastDay).Available)
	}},
	{name: "statistics_over_a_period", holds: func(t *testing.T, env *enginetest.Env) {
		from := time.Date(2041, 5, 1, 0, 0, 0, 0, time.UTC)
		for range 2 {
			u := uuid.NewString()
			grant(t, env.DB, credits.GrantParams{UserUUID: u, Amount: 100, At: from})
			spend(t, env.DB, u, 30, from.Add(time.Hour))
			spend(t, env.DB, u, 5, from.Add(24*time.Hour)) // beyond the period
		}
		s := ok(credits.Stats(t.Context(), env.DB, credits.StatsParams{From: from, To: from.Add(24 * time.Hour), At: from.AddDate(0, 0, 2)}))(t)
		assert.Equal(t, []int64{200, 60, 140, 2}, []int64{s.Granted, s.Consumed, s.Net, s.ActiveUsers})
		assert.Equal(t, []int64{200, 60}, []int64{s.Positive, s.Negative})
		require.Len(t, s.ByType, 2)
		assert.Equal(t, credits.TypeAIGeneration, s.ByType[0].Type)
		assert.Equal(t, int64(-60), s.ByType[0].Net)
		assert.Equal(t, credits.TypeSystemAdd, s.ByType[1].Type)
		assert.Equal(t, int64(200), s.ByType[1].Granted)
	}},
	{name: "transaction_shows_order_or_generation", holds: func(t *testing.T, env *enginetest.Env) {
		no := buy(t, env.DB, orders.CreateParams{})
		u := pay(t, env.DB, no, lastDay).Order.UserUUID
		gen := generate(t, env.DB, u, generations.ChargeParams{})
		lines := ok(credits.Statement(t.Context(), env.DB, credits.StatementParams{UserUUID: u}))(t).Items
		assert.Equal(t, []string{gen.GenID, "", ""}, []string{lines[0].GenID, lines[1].GenID, lines[2].GenID})
		assert.Equal(t, []string{"", no, ""}, []string{lines[0].OrderNo, lines[1].OrderNo, lines[2].OrderNo})
	}},
	{name: "the_ledger_verifies", holds: func(t *testing.T, env *enginetest.Env) {
		report := ok(audit.Verify(t.Context(), env.DB, audit.VerifyParams{}))(t)
		assert.Empty(t, report.Breaches, "after all of the above")
		assert.Positive(t, report.Entries)
	}},
}

// accountRow reads a user's row of the table credits.
func accountRow(t *testing.T, env *enginetest.Env, user string) *credits.Account {
	t.Helper()
	row := new(credits.Account)
	require.NoError(t, env.DB.NewSelect().Model(row).Where("user_uuid = ?", user).Scan(t.Context()))
	return row
}

// everyType has one user's credits move in every way that the specification
// names.
func everyType(t *testing.T, env *enginetest.Env) {
	t.Helper()
	ctx, db := t.Context(), env.DB
	referrer, buyer := invite(t, db)
	no := buy(t, db, orders.CreateParams{UserUUID: buyer})
	commission := pay(t, db, no, lastDay).Commission
	ok(affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: commission.ID, At: lastDay}))(t)
	ok(affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: commission.ID, At: lastDay}))(t)
	pay(t, db, buy(t, db, orders.CreateParams{UserUUID: referrer, Credits: 5000}), lastDay)
	ok(credits.Ping(ctx, db, credits.PingParams{UserUUID: referrer, At: lastDay}))(t)
	ok(credits.Adjust(ctx, db, credits.AdjustParams{UserUUID: referrer, Amount: 7, At: lastDay}))(t)
	ok(credits.Adjust(ctx, db, credits.AdjustParams{UserUUID: referrer, Amount: -3, At: lastDay}))(t)
	generate(t, db, referrer, generations.ChargeParams{})

	lines := ok(credits.Statement(ctx, db, credits.StatementParams{UserUUID: referrer, OldestFirst: true}))(t).Items
	type line struct {
		name   string
		amount int64
	}
	var got []line
	for _, l := range lines {
		got = append(got, line{l.Type, l.Amount})
		assert.LessOrEqual(t, len(l.Type), 50)
		assert.Equal(t, strings.ToLower(l.Type), l.Type)
	}
	assert.Equal(t, []line{
		{"new_user", 100},
		{"referral", commission.CommissionAmount},
		{"order_pay", 5000},
		{"ping", 1},
		{"system_add", 7},
		{"system_add", -3},
		{"ai_generation", -5},
	}, got)
}
