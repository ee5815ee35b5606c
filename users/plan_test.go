package users_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// recorder keeps the statements that a handle runs.
type recorder struct{ queries []string }

func (r *recorder) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (r *recorder) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	r.queries = append(r.queries, e.Query)
}

// plan returns the engine's plan of a query, as text.
func plan(t *testing.T, db *bun.DB, query string) string {
	t.Helper()
	prefix := "EXPLAIN "
	if dialect.Of(db).Engine == dialect.SQLite {
		prefix = "EXPLAIN QUERY PLAN "
	}
	rows, err := db.QueryContext(context.Background(), prefix+query)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var text strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		require.NoError(t, rows.Scan(values...))
		for i, v := range values {
			fmt.Fprintf(&text, "%s=%s ", columns[i], *v.(*any))
		}
		text.WriteByte('\n')
	}
	require.NoError(t, rows.Err())
	return text.String()
}

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
		analyze := "ANALYZE "
		if dialect.Of(env.DB).IsMySQL() {
			analyze = "ANALYZE TABLE "
		}
		for _, table := range []string{"users", "user_identities"} {
			_, err := env.DB.ExecContext(ctx, analyze+table)
			require.NoError(t, err)
		}
		seen := new(recorder)
		db := env.DB.WithQueryHook(seen)
		first, err := users.List(ctx, db, users.ListParams{})
		require.NoError(t, err)

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
			"sign-ups per day": {"users_created_at_idx", func() error {
				_, err := users.SignUpsPerDay(ctx, db, users.SignUpsPerDayParams{Days: 1, At: signedUp.AddDate(0, 0, -300)})
				return err
			}},
		} {
			seen.queries = nil
			require.NoError(t, c.run(), name)
			require.NotEmpty(t, seen.queries)
			found := plan(t, env.DB, seen.queries[0])
			require.Contains(t, found, c.index, "%s: %s", name, seen.queries[0])
			if name == "sign-ups per day" {
				continue // groups the rows that it found
			}
			require.NotContains(t, found, "TEMP B-TREE", "%s: %s", name, seen.queries[0])
			require.NotContains(t, found, "filesort", "%s: %s", name, seen.queries[0])
			require.NotContains(t, found, "Sort Key", "%s: %s", name, seen.queries[0])
		}
	})
}
