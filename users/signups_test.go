package users_test

import (
	"context"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// TestSignUpsPerDay compares with the calendar that Go has, in zones whose days
// have 23, 24 and 25 hours, at every quarter of an hour around the change.
func TestSignUpsPerDay(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		// Clocks in New York went forward on 8 March 2026, in Berlin on the 29th.
		start := time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC)
		var rows []users.User
		for i := range 4 * 24 * 5 {
			at := start.Add(time.Duration(i)*15*time.Minute - time.Duration(i%2)*time.Microsecond)
			rows = append(rows, users.User{
				UUID: uuid.NewString(), Email: fmt.Sprintf("u%d@example.com", i), InviteCode: fmt.Sprintf("c%d", i), CreatedAt: at,
			})
		}
		_, err := env.DB.NewInsert().Model(&rows).Exec(ctx)
		require.NoError(t, err)
		// Deleting does not rewrite the past.
		_, err = users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: rows[100].UUID})
		require.NoError(t, err)

		at := time.Date(2026, 3, 12, 3, 0, 0, 0, time.UTC)
		for _, name := range []string{"UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Pacific/Kiritimati"} {
			loc, err := time.LoadLocation(name)
			require.NoError(t, err)
			want := map[string]int64{}
			for _, u := range rows {
				want[u.CreatedAt.In(loc).Format(time.DateOnly)]++
			}
			got, err := users.SignUpsPerDay(ctx, env.DB, users.SignUpsPerDayParams{Location: loc, At: at})
			require.NoError(t, err)
			require.Len(t, got.Days, 90)
			require.Equal(t, at.In(loc).Format(time.DateOnly), got.Days[89].Date, name)
			var sum int64
			for i, day := range got.Days {
				require.Equal(t, want[day.Date], day.Users, "%s %s", name, day.Date)
				require.Equal(t, day.Date, day.From.In(loc).Format(time.DateOnly))
				if i > 0 {
					require.Equal(t, got.Days[i-1].To, day.From, "no day is left out")
				}
				sum += day.Users
			}
			require.Equal(t, int64(len(rows)), sum, name)
			require.Equal(t, sum, got.Total, name)
		}

		one, err := users.SignUpsPerDay(ctx, env.DB, users.SignUpsPerDayParams{Days: 1, At: start.Add(time.Hour)})
		require.NoError(t, err)
		// The microsecond before midnight of the 7th belongs to the 6th, as does
		// that of 0:15.
		require.Equal(t, &users.SignUpsPerDayResult{
			Days: []users.DaySignUps{{Date: "2026-03-06", From: start, To: start.AddDate(0, 0, 1), Users: 96}}, Total: 96,
		}, one)
		year, err := users.SignUpsPerDay(ctx, env.DB, users.SignUpsPerDayParams{Days: 366, At: at})
		require.NoError(t, err)
		require.Len(t, year.Days, 366)
		_, err = users.SignUpsPerDay(ctx, env.DB, users.SignUpsPerDayParams{Days: 367})
		require.ErrorIs(t, err, users.ErrInvalid)
	})
}
