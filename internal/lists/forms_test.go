package lists_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// insertUser stores a user as another program does, with created_at as it is given
// in SQL.
func insertUser(t *testing.T, db *bun.DB, nickname, createdAt string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), "INSERT INTO users (uuid, email, invite_code, nickname, created_at) VALUES ('"+
		uuid.NewString()+"', '"+nickname+"@example.com', '"+nickname+"', '"+nickname+"', "+createdAt+")")
	require.NoError(t, err)
}

// walk pages through all users, limit at a time.
func walk(t *testing.T, db *bun.DB, limit int) []string {
	t.Helper()
	var names []string
	for p := (users.ListParams{Limit: limit}); ; {
		found, err := users.List(t.Context(), db, p)
		require.NoError(t, err)
		for _, u := range found.Items {
			names = append(names, u.Nickname)
		}
		require.LessOrEqual(t, len(names), 100, "the list does not end")
		if p.Cursor = found.Next; p.Cursor == "" {
			return names
		}
	}
}

// TestFormsOfTimes: rows are listed by when they were made, each once, and counted on
// the day that it was, whatever form of time their program wrote.
func TestFormsOfTimes(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		forms := []string{ // the oldest first
			"'2026-01-30 23:59:59.999999'", "'2026-01-31 00:00:00'", "'2026-01-31 00:00:00.5'", "'2026-01-31 12:00:00'", "NULL",
		}
		if env.Engine == dialect.SQLite {
			forms = []string{
				"'2026-01-30T23:59:59.999Z'", "'2026-01-30 23:59:59.999999+00:00'", "'2026-01-31 00:00:00'",
				"'2026-01-31'", "'2026-01-31T00:00:00Z'", "'2026-01-31 02:00:00+02:00'", "'2026-01-31 00:00:00+00:00'",
				"'2026-01-31T00:00:00.001Z'", "'2026-01-31 12:00:00.500'", "'2026-01-31T12:00:00.500Z'", "'2026-01-31 12:00:00.51+00:00'",
				"'2026-01-31 12:00:01'", "datetime('2026-01-31 13:00:00')", "NULL",
			}
		}
		var want []string
		for i, form := range forms {
			name := fmt.Sprintf("s%02d", i)
			insertUser(t, env.DB, name, form)
			if form != "NULL" {
				want = append([]string{name}, want...)
			}
		}
		want = append(want, fmt.Sprintf("s%02d", len(forms)-1))
		for _, limit := range []int{1, 2, 3, 100} {
			require.Equal(t, want, walk(t, env.DB, limit), "%d at a time", limit)
		}
		early := 1
		if env.Engine == dialect.SQLite {
			early = 2
		}
		day := time.Date(2026, 1, 31, 5, 0, 0, 0, time.UTC)
		signUps, err := users.SignUpsPerDay(t.Context(), env.DB, users.SignUpsPerDayParams{Days: 2, At: day})
		require.NoError(t, err)
		require.EqualValues(t, early, signUps.Days[0].Users)
		require.EqualValues(t, len(forms)-1-early, signUps.Days[1].Users)
		n, err := users.Count(t.Context(), env.DB, users.CountParams{From: day.Truncate(24 * time.Hour)})
		require.NoError(t, err)
		require.Equal(t, signUps.Days[1].Users, n.SignedUp)
		require.EqualValues(t, len(forms), n.Users)
	})
}

// TestFarTimes: lists and days hold rows as far away as the engine's times go.
func TestFarTimes(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		far := []string{"'1000-01-01 00:00:00'", "'1969-07-20 20:17:40'", "'9999-12-31 23:59:59'"}
		if env.Engine == dialect.PostgreSQL {
			far = append([]string{"'0044-03-15 12:00:00+00 BC'", "'0001-01-01 00:00:00+00'"}, append(far, "'20000-01-01 00:00:00+00'", "'294275-12-31 00:00:00+00'")...)
		}
		var want []string
		for i, at := range far {
			name := fmt.Sprintf("far%d", i)
			insertUser(t, env.DB, name, at)
			want = append([]string{name}, want...)
		}
		insertUser(t, env.DB, "untimed", "NULL")
		want = append(want, "untimed")
		for _, limit := range []int{1, 2} {
			require.Equal(t, want, walk(t, env.DB, limit))
		}
		last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		for _, loc := range []*time.Location{nil, time.FixedZone("west", -11*3600), time.FixedZone("east", 14*3600)} {
			signUps, err := users.SignUpsPerDay(t.Context(), env.DB, users.SignUpsPerDayParams{Days: 1, At: last, Location: loc})
			require.NoError(t, err)
			require.EqualValues(t, 1, signUps.Total)
			_, err = orders.Revenue(t.Context(), env.DB, orders.RevenueParams{Days: 366, At: last, Location: loc})
			require.NoError(t, err)
		}
		n, err := users.Count(t.Context(), env.DB, users.CountParams{})
		require.NoError(t, err)
		require.EqualValues(t, len(want)-1, n.SignedUp, "whoever has a time, where there is no bound")
	})
}

// TestZeroDate: MySQL's zero date, which reads as no time, is a place in a list.
func TestZeroDate(t *testing.T) {
	t.Parallel()
	list := page.List[users.User]{
		Scope: "x", Column: "created_at", Where: func(q *bun.SelectQuery) *bun.SelectQuery { return q },
		Place: func(u *users.User) (time.Time, int64) { return u.CreatedAt, u.ID },
	}
	env := enginetest.New(t, dialect.MariaDB)
	conn, err := env.DB.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = conn.ExecContext(t.Context(), "SET sql_mode = ''")
	require.NoError(t, err)
	for i := range 3 {
		_, err = conn.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO users (uuid, email, invite_code, created_at) "+
			"VALUES ('u%d', 'e%d', 'i%d', '0000-00-00 00:00:00')", i, i, i))
		require.NoError(t, err)
	}
	var seen []string
	for cursor := ""; ; {
		found, err := list.Read(t.Context(), env.DB, cursor, 1)
		require.NoError(t, err)
		seen = append(seen, found.Items[0].UUID)
		if cursor = found.Next; cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"u2", "u1", "u0"}, seen)
}
