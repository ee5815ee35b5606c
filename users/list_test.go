package users_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/users"
)

// crowd stores n users without credits, a minute apart. Each fourth is an
// affiliate, and each third was invited by the first.
func crowd(t *testing.T, db bun.IDB, n int) []users.User {
	t.Helper()
	all := make([]users.User, n)
	for i := range all {
		all[i] = users.User{
			UUID: uuid.NewString(), Email: fmt.Sprintf("user%d@example.com", i), Nickname: fmt.Sprintf("User %d", i),
			InviteCode: fmt.Sprintf("Code%03d", i), IsAffiliate: i%4 == 0,
			CreatedAt: signedUp.Add(time.Duration(i) * time.Minute),
		}
		if i%3 == 1 {
			all[i].InvitedBy = all[0].UUID
		}
	}
	_, err := db.NewInsert().Model(&all).Exec(context.Background())
	require.NoError(t, err)
	return all
}

func emails(list []users.User) []string {
	out := []string{}
	for _, u := range list {
		out = append(out, u.Email)
	}
	return out
}

// pages reads a list to its end.
func pages(t *testing.T, read func(cursor string) (*list.Page[users.User], error)) []string {
	t.Helper()
	var all []string
	for cursor := ""; ; {
		page, err := read(cursor)
		require.NoError(t, err)
		all = append(all, emails(page.Items)...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

func TestList(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		all := crowd(t, env.DB, 25)
		// One of another program, without a time, and one who was deleted.
		_, err := env.DB.ExecContext(ctx, "INSERT INTO users (uuid, email, invite_code) VALUES ('legacy-1', 'Old@Example.COM', 'old')")
		require.NoError(t, err)
		_, err = users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: all[3].UUID})
		require.NoError(t, err)

		var want, affiliates []string
		for i, u := range all {
			if i != 3 {
				want = append(want, u.Email)
			}
			if u.IsAffiliate {
				affiliates = append(affiliates, u.Email)
			}
		}
		slices.Reverse(want)
		slices.Reverse(affiliates)
		want = append(want, "Old@Example.COM")
		for _, limit := range []int{0, 1, 7, 100} {
			require.Equal(t, want, pages(t, func(cursor string) (*list.Page[users.User], error) {
				return users.List(ctx, env.DB, users.ListParams{Cursor: cursor, Limit: limit})
			}), "limit %d", limit)
			require.Equal(t, affiliates, pages(t, func(cursor string) (*list.Page[users.User], error) {
				return users.List(ctx, env.DB, users.ListParams{Affiliates: true, Cursor: cursor, Limit: limit})
			}))
		}
		gone, err := users.List(ctx, env.DB, users.ListParams{Deleted: true})
		require.NoError(t, err)
		require.Len(t, gone.Items, 1)
		require.Equal(t, all[3].UUID, gone.Items[0].UUID)

		first, err := users.List(ctx, env.DB, users.ListParams{Limit: 2})
		require.NoError(t, err)
		for _, p := range []users.ListParams{
			{Limit: -1},
			{Limit: list.MaxLimit + 1},
			{Cursor: "x"},
			{Cursor: first.Next, Affiliates: true},
		} {
			_, err := users.List(ctx, env.DB, p)
			require.ErrorIs(t, err, users.ErrInvalid)
		}
	})
}

func TestReferrals(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		all := crowd(t, env.DB, 20) // 1, 4, 7, 10, 13, 16, 19 are referrals
		_, err := users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: all[7].UUID})
		require.NoError(t, err)
		var got []string
		for cursor := ""; ; {
			page, err := users.Referrals(ctx, env.DB, users.ReferralsParams{UserUUID: all[0].UUID, Cursor: cursor, Limit: 4})
			require.NoError(t, err)
			require.Equal(t, int64(6), page.Total)
			got = append(got, emails(page.Items)...)
			if cursor = page.Next; cursor == "" {
				break
			}
			// Not counted again: who joins meanwhile is in no total of these pages.
			_, err = users.Create(ctx, env.DB, users.CreateParams{Email: "late@example.com", InviteCode: all[0].InviteCode, At: signedUp.AddDate(-1, 0, 0)})
			require.NoError(t, err)
			_, err = users.Referrals(ctx, env.DB, users.ReferralsParams{UserUUID: all[0].UUID, Cursor: cursor + "x"})
			require.ErrorIs(t, err, users.ErrInvalid)
		}
		require.Equal(t, []string{
			"user19@example.com", "user16@example.com", "user13@example.com",
			"user10@example.com", "user4@example.com", "user1@example.com", "late@example.com",
		}, got)
		none, err := users.Referrals(ctx, env.DB, users.ReferralsParams{UserUUID: uuid.NewString()})
		require.NoError(t, err)
		require.Empty(t, none.Items)
		require.Zero(t, none.Total)
		_, err = users.Referrals(ctx, env.DB, users.ReferralsParams{UserUUID: "x"})
		require.ErrorIs(t, err, users.ErrInvalid)
	})
}

func TestCount(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		none, err := users.Count(ctx, env.DB, users.CountParams{})
		require.NoError(t, err)
		require.Equal(t, &users.CountResult{}, none)

		all := crowd(t, env.DB, 20)
		_, err = env.DB.ExecContext(ctx, "INSERT INTO users (uuid, email, invite_code, invited_by) VALUES ('legacy-1', 'o@x.y', 'old', '')")
		require.NoError(t, err)
		_, err = users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: all[4].UUID})
		require.NoError(t, err)
		got, err := users.Count(ctx, env.DB, users.CountParams{
			From: all[2].CreatedAt, To: all[10].CreatedAt,
		})
		require.NoError(t, err)
		require.Equal(t, &users.CountResult{Users: 20, SignedUp: 8, Affiliates: 4, Invited: 6, Deleted: 1}, got)
		got, err = users.Count(ctx, env.DB, users.CountParams{})
		require.NoError(t, err)
		require.Equal(t, int64(20), got.SignedUp, "a row without a time is no sign-up that could be dated")
		_, err = users.Count(ctx, env.DB, users.CountParams{From: time.Unix(-1, 0)})
		require.ErrorIs(t, err, users.ErrInvalid)
	})
}
