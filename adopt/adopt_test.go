package adopt_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

type account struct {
	UserUUID    string
	LeftCredits int64
}

func accounts(t *testing.T, db bun.IDB) (rows []account) {
	t.Helper()
	require.NoError(t, db.NewRaw("SELECT user_uuid, left_credits FROM credits ORDER BY user_uuid").Scan(t.Context(), &rows))
	return rows
}

func outside(t *testing.T, db bun.IDB) (n int64) {
	t.Helper()
	require.NoError(t, db.NewRaw("SELECT COUNT(*) FROM credits_trans WHERE seq IS NULL").Scan(t.Context(), &n))
	return n
}

// TestRunCanBeStopped ends a run after a few accounts and starts it again.
func TestRunCanBeStopped(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx, stop := context.WithCancel(t.Context())
		first, err := adopt.Run(ctx, env.DB, adopt.Params{Progress: func(p adopt.Progress) {
			if p.Accounts == 9 {
				stop()
			}
		}})
		require.ErrorIs(t, err, context.Canceled)
		require.EqualValues(t, 9, first.Accounts)
		rest, err := adopt.Run(t.Context(), env.DB, adopt.Params{})
		require.NoError(t, err)
		require.EqualValues(t, 60-9, rest.Accounts)
		require.Zero(t, outside(t, env.DB))
	})
}

// TestRunEndsWithTheDatabase sets no account aside for a failure that all of them share:
// the ledger's grants are gone while the run is under way.
func TestRunEndsWithTheDatabase(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		report, err := adopt.Run(t.Context(), env.DB, adopt.Params{Progress: func(p adopt.Progress) {
			if p.Accounts == 9 {
				_, err := env.DB.ExecContext(t.Context(), "ALTER TABLE credits_lots RENAME TO credits_lots_gone")
				require.NoError(t, err)
			}
		}})
		require.ErrorIs(t, err, dialect.ErrSchemaMissing)
		require.EqualValues(t, 9, report.Accounts)
		require.Empty(t, report.SetAside)
	})
}

// TestChoices lets go of shown credits that have expired, and trusts the rows of a
// user without an account.
func TestChoices(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		for _, statement := range []string{
			"INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES ('kept', 50, 50), ('dropped', 50, 50)",
			"INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at) VALUES " +
				"('kept', 'system_add', 30, '2020-01-01', '2019-01-01 00:00:00'), ('kept', 'system_add', 20, '', NULL), " +
				"('dropped', 'system_add', 30, '2020-01-01', '2019-01-01 00:00:00'), ('dropped', 'system_add', 20, 'never', NULL), " +
				"('rowless', 'new_user', 100, NULL, '2019-01-01 00:00:00'), ('rowless', 'ai_generation', -17, NULL, NULL), " +
				"('shown nothing', 'new_user', 100, NULL, '2019-01-01 00:00:00')",
		} {
			_, err := env.DB.ExecContext(ctx, statement)
			require.NoError(t, err)
		}
		for _, p := range []credits.AdoptParams{
			{UserUUID: "kept"}, {UserUUID: "dropped", DropExpired: true}, {UserUUID: "rowless", RowsCount: true}, {UserUUID: "shown nothing"},
		} {
			want := map[string]int64{"kept": 50, "dropped": 20, "rowless": 83}[p.UserUUID]
			dry := p
			dry.DryRun = true
			plan, err := credits.Adopt(ctx, env.DB, dry)
			require.NoError(t, err)
			got, err := credits.Adopt(ctx, env.DB, p)
			require.NoError(t, err)
			require.Equal(t, plan, got)
			require.Equal(t, want, got.Available, p.UserUUID)
			b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: p.UserUUID})
			require.NoError(t, err)
			require.Equal(t, want, b.Available, p.UserUUID)
		}
		nobody, err := credits.Adopt(ctx, env.DB, credits.AdoptParams{UserUUID: "nobody"})
		require.NoError(t, err)
		require.Equal(t, &credits.AdoptedAccount{UserUUID: "nobody"}, nobody)
		verified, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.Empty(t, verified.Breaches)
		require.EqualValues(t, 4, verified.Accounts)
	})
}
