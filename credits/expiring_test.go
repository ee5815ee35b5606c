package credits_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func expiring(t *testing.T, env *enginetest.Env, p credits.ExpiringSoonParams) (all []credits.ExpiringGrant) {
	t.Helper()
	for {
		page, err := credits.ExpiringSoon(t.Context(), env.DB, p)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Items), p.Limit)
		all = append(all, page.Items...)
		if p.Cursor = page.Next; p.Cursor == "" {
			return all
		}
	}
}

// freeOf sums history: what is free of each grant that expires in the window,
// by "user/lot". It is true at a moment up to which holds were swept.
func freeOf(t *testing.T, env *enginetest.Env, after, until time.Time) map[string]int64 {
	t.Helper()
	var rows []struct {
		UserUUID string
		Lot      int64
		Free     int64
	}
	err := env.DB.NewRaw("SELECT user_uuid, lot, SUM(credits) - SUM(held) AS free FROM credits_trans "+
		"WHERE lot > 0 AND expires_us > ? AND expires_us <= ? GROUP BY user_uuid, lot",
		after.UnixMicro(), until.UnixMicro()).Scan(t.Context(), &rows)
	require.NoError(t, err)
	free := map[string]int64{}
	for _, row := range rows {
		if row.Free != 0 {
			free[fmt.Sprintf("%s/%d", row.UserUUID, row.Lot)] = row.Free
		}
	}
	return free
}

func amounts(grants []credits.ExpiringGrant) map[string]int64 {
	out := map[string]int64{}
	for _, g := range grants {
		out[fmt.Sprintf("%s/%d", g.UserUUID, g.Lot)] = g.Amount
	}
	return out
}

func TestExpiringSoonIsExactUnswept(t *testing.T) {
	const accounts = 3
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		var now time.Time
		for i := range accounts {
			h := newHistory(t, env, fmt.Sprintf("0190a000-0000-7000-8000-%012d", i), uint64(i))
			h.write(60)
			if h.at.After(now) {
				now = h.at
			}
		}
		// Holds that timed out since the last operations are not swept yet.
		now = now.Add(30 * time.Hour)
		until := now.Add(20 * 24 * time.Hour)
		type query struct {
			user  string
			limit int
		}
		var queries []query
		before := map[query][]credits.ExpiringGrant{}
		for _, limit := range []int{1, 3, 500} {
			queries = append(queries, query{"", limit})
			for i := range accounts {
				queries = append(queries, query{fmt.Sprintf("0190a000-0000-7000-8000-%012d", i), limit})
			}
		}
		for _, q := range queries {
			before[q] = expiring(t, env, credits.ExpiringSoonParams{UserUUID: q.user, At: now, To: until, Limit: q.limit})
		}

		swept, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: now})
		require.NoError(t, err)
		require.Positive(t, swept.HoldsTimedOut)
		want := freeOf(t, env, now, until)
		require.NotEmpty(t, want)
		for _, q := range queries {
			mine := map[string]int64{}
			for key, free := range want {
				if strings.HasPrefix(key, q.user) {
					mine[key] = free
				}
			}
			require.Equal(t, mine, amounts(before[q]), "%+v", q)
			require.Len(t, before[q], len(mine), "none twice: %+v", q)
			require.True(t, slices.IsSortedFunc(before[q], func(x, y credits.ExpiringGrant) int {
				return x.ExpiresAt.Compare(y.ExpiresAt)
			}), "soonest first")
			after := expiring(t, env, credits.ExpiringSoonParams{UserUUID: q.user, At: now, To: until, Limit: q.limit})
			require.Equal(t, before[q], after, "the sweep changes nothing that is read")
		}
	})
}

func TestExpiringSoonOpenLotAndWindow(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		t0 := historyStart
		grant := func(key string, amount int64, expires time.Time, paid bool) {
			_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{
				UserUUID: readerUUID, Amount: amount, Key: key, Type: "bonus", OrderNo: "no-" + key, Paid: paid,
				ExpiresAt: expires, At: t0,
			})
			require.NoError(t, err)
		}
		week := t0.Add(7 * 24 * time.Hour)
		grant("never", 5, time.Time{}, false)
		grant("paid", 20, week, true)
		grant("free", 10, week, false)
		grant("later", 30, week.Add(time.Microsecond), false)
		_, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: readerUUID, Amount: 4, At: t0})
		require.NoError(t, err)

		for _, user := range []string{readerUUID, ""} {
			got := expiring(t, env, credits.ExpiringSoonParams{UserUUID: user, At: t0, Limit: 1})
			slices.SortFunc(got, func(x, y credits.ExpiringGrant) int { return strings.Compare(x.GrantKey, y.GrantKey) })
			require.Equal(t, []credits.ExpiringGrant{
				{
					UserUUID: readerUUID, GrantKey: "free", Type: "bonus", OrderNo: "no-free", Lot: 3,
					Granted: 10, Amount: 6, GrantedAt: t0, ExpiresAt: week,
				},
				{
					UserUUID: readerUUID, GrantKey: "paid", Type: "bonus", OrderNo: "no-paid", Lot: 2,
					Granted: 20, Amount: 20, Paid: true, GrantedAt: t0, ExpiresAt: week,
				},
			}, got, "seven days is the default, its last moment included")
		}
		burn := expiring(t, env, credits.ExpiringSoonParams{UserUUID: readerUUID, At: t0, Within: 8 * 24 * time.Hour, Limit: 1})
		require.Equal(t, []int64{6, 20, 30}, []int64{burn[0].Amount, burn[1].Amount, burn[2].Amount}, "free before paid")
		require.Len(t, burn, 3, "what never expires is in no window")
		require.Len(t, expiring(t, env, credits.ExpiringSoonParams{UserUUID: readerUUID, At: week, Limit: 9}), 1, "what expires at At has expired")
		century := credits.ExpiringSoonParams{UserUUID: readerUUID, At: t0, Within: 1<<63 - 1, Limit: 9}
		require.Len(t, expiring(t, env, century), 3)

		_, err = credits.Hold(t.Context(), env.DB, credits.HoldParams{UserUUID: readerUUID, Amount: 6, At: t0})
		require.NoError(t, err)
		got := expiring(t, env, credits.ExpiringSoonParams{UserUUID: readerUUID, At: t0, Limit: 9})
		require.Len(t, got, 1, "what is wholly held is not free")
		got = expiring(t, env, credits.ExpiringSoonParams{UserUUID: readerUUID, At: t0.Add(credits.DefaultHoldTimeout), To: week.Add(time.Microsecond), Limit: 9})
		require.Len(t, got, 2, "and is free again when the hold times out")
		require.Empty(t, expiring(t, env, credits.ExpiringSoonParams{UserUUID: readerUUID, At: t0, To: week, Limit: 9}), "To is not included")
	})
}

func TestExpiringSoonRefuses(t *testing.T) {
	db := enginetest.New(t, "sqlite").DB
	for field, p := range map[string]credits.ExpiringSoonParams{
		"UserUUID": {UserUUID: "x "},
		"Limit":    {Limit: 501},
		"Within":   {Within: -1},
		"To":       {At: historyStart, To: historyStart},
		"Cursor":   {Cursor: "x"},
		"At":       {At: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := credits.ExpiringSoon(t.Context(), db, p)
		var invalid *credits.InvalidError
		require.ErrorAs(t, err, &invalid, field)
		require.Equal(t, field, invalid.Field)
	}
	_, err := credits.ExpiringSoon(t.Context(), db, credits.ExpiringSoonParams{Within: 1, To: time.Now().Add(time.Hour)})
	require.ErrorIs(t, err, credits.ErrInvalid)
}
