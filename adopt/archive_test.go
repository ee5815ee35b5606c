package adopt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestArchiveOfTheOriginalsAccounts: while the original application may write, its accounts
// are left to it. Once it has gone their history moves, what they show stays, and everything
// can be brought back into the tables that it made.
func TestArchiveOfTheOriginalsAccounts(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		before := accounts(t, env.DB)
		_, err := adopt.Run(ctx, env.DB, adopt.Params{Final: true})
		require.NoError(t, err)
		ids := "SELECT id FROM credits_trans ORDER BY id"
		all := texts(t, env.DB, ids)
		check := func() {
			t.Helper()
			for _, a := range before {
				b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: a.UserUUID})
				require.NoError(t, err)
				require.Equal(t, a.LeftCredits, b.Available-b.Debt, a.UserUUID)
			}
			verified, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
			require.NoError(t, err)
			require.Empty(t, verified.Breaches)
		}
		p := archive.Params{Before: time.Now().Add(time.Hour)}
		report, err := archive.Run(ctx, env.DB, p)
		require.NoError(t, err)
		require.Zero(t, report.Entries+report.Generations)
		require.Positive(t, report.SetAsideAccounts)

		p.Final = true
		report, err = archive.Run(ctx, env.DB, p)
		require.NoError(t, err)
		require.Positive(t, report.Entries)
		require.Positive(t, report.Generations)
		require.Zero(t, report.SetAsideAccounts)
		check()
		_, err = archive.Restore(ctx, env.DB, archive.RestoreParams{})
		require.NoError(t, err)
		require.Equal(t, all, texts(t, env.DB, ids))
		check()

		_, err = env.DB.ExecContext(ctx, "INSERT INTO credits_trans (user_uuid, trans_type, credits) VALUES (?, 'ai_generation', -1)", before[0].UserUUID)
		require.NoError(t, err)
		report, err = archive.Run(ctx, env.DB, p)
		require.NoError(t, err)
		require.Equal(t, []string{before[0].UserUUID}, report.SetAside, "it has not gone")
	})
}
