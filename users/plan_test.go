package users_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// TestQueriesAreServedByTheirIndexes asks the engine how it finds the rows: by
// the index, in its order, without sorting.
func TestQueriesAreServedByTheirIndexes(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.ReadsSmallTables() {
			t.Skip("the planner scans tables of this size")
		}
		ctx := context.Background()
		all := crowd(t, env.DB, 2700) // of fewer MySQL reads all
		for i := range all {
			all[i].ID = 0
			all[i].UUID, all[i].Email, all[i].InviteCode = uuid.NewString(), "x"+all[i].Email, "x"+all[i].InviteCode
			all[i].InvitedBy = all[i%90].UUID
			all[i].CreatedAt = all[i].CreatedAt.AddDate(-1, 0, 0)
			all[i].IsAffiliate = i%20 == 0
		}
		_, err := env.DB.NewInsert().Model(&all).Exec(ctx)
		require.NoError(t, err)
		_, err = users.KeepTotals(ctx, env.DB, users.KeepTotalsParams{}) // most are in totals, where it runs
		require.NoError(t, err)
		analyze := "ANALYZE "
		if dialect.Of(env.DB).IsMySQL() {
			analyze = "ANALYZE TABLE "
		}
		for _, table := range []string{"users", "user_identities"} {
			_, err := env.DB.ExecContext(ctx, analyze+table)
			require.NoError(t, err)
		}
		db, seen := env.Record(t)
		first, err := users.List(ctx, db, users.ListParams{})
		require.NoError(t, err)

		seen.Take()
		for name, c := range map[string]struct {
			index string
			run   func() error
		}{
			"list": {"users_created_at_idx", func() error {
				_, err := users.List(ctx, db, users.ListParams{})
				return err
			}},
			"affiliates": {"users_is_affiliate_idx", func() error {
				_, err := users.List(ctx, db, users.ListParams{Affiliates: true})
				return err
			}},
			"list, second page": {"users_created_at_idx", func() error {
				_, err := users.List(ctx, db, users.ListParams{Cursor: first.Next})
				return err
			}},
			"search": {"users_created_at_idx", func() error {
				_, err := users.Search(ctx, db, users.SearchParams{Query: "user", Limit: 5})
				return err
			}},
			"referrals": {"users_invited_by_created_at_idx", func() error {
				_, err := users.Referrals(ctx, db, users.ReferralsParams{UserUUID: all[3].UUID, Limit: 5})
				return err
			}},
			"by email": {"email_unique_idx", func() error {
				_, err := users.Get(ctx, db, users.GetParams{Email: "User7@Example.COM"})
				return err
			}},
			"sign-ups per day": {"users_counted_created_at_idx", func() error {
				_, err := users.SignUpsPerDay(ctx, db, users.SignUpsPerDayParams{Days: 1, At: signedUp.AddDate(0, 0, -300)})
				return err
			}},
		} {
			require.NoError(t, c.run(), name)
			sent := seen.Literals()
			require.NotEmpty(t, sent)
			found := env.Explain(t, sent[0])
			require.Contains(t, found, c.index, "%s: %s", name, sent[0])
			if name == "sign-ups per day" {
				continue // groups the rows that it found
			}
			require.False(t, env.Sorts(found), "%s: %s", name, sent[0])
		}
	})
}
