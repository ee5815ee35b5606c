package credits_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestAStrayNumberMintsNothing moves left_credits of an account that no other
// program has written a row of. Verbs and reads go on by the entries, and an audit
// reports the column until it is mended.
func TestAStrayNumberMintsNothing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for n, stray := range []int64{100, -4} {
			o := original{T: t, db: env.DB, user: ownedUser(n)}
			_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: o.user, Amount: 10, Type: "x"})
			require.NoError(t, err)
			o.add(stray)

			b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: o.user})
			require.NoError(t, err)
			require.EqualValues(t, 10, b.Available)
			_, err = credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: o.user, Amount: 11})
			require.ErrorIs(t, err, credits.ErrInsufficient)
			ourCharge(o, env.DB, 3)
			ourCharge(o, env.DB, 7)
			_, err = credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: o.user, Amount: 1})
			require.ErrorIs(t, err, credits.ErrInsufficient)

			report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: o.user})
			require.NoError(t, err)
			require.Len(t, report.Breaches, 1)
			require.Contains(t, report.Breaches[0].Detail, "left_credits")
			_, err = audit.Rebuild(t.Context(), env.DB, audit.RebuildParams{UserUUID: o.user})
			require.NoError(t, err)
			require.Zero(t, o.read())
			proven(t.Context(), t, env.DB, audit.VerifyParams{UserUUID: o.user})
		}
	})
}

// TestWhatTheOriginalSpentIsSpent: a charge of ours that fits in what the ledger knew,
// and not in what the original left, is refused, alone and in a caller's transaction.
func TestWhatTheOriginalSpentIsSpent(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		o := original{T: t, db: env.DB, user: ownedUser(1)}
		_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: o.user, Amount: 10, Type: "x"})
		require.NoError(t, err)
		o.charge(5)
		charge := func(db bun.IDB, amount int64) error {
			_, err := credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: o.user, Amount: amount})
			return err
		}
		require.ErrorIs(t, charge(env.DB, 7), credits.ErrInsufficient)
		require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
			require.ErrorIs(t, charge(tx, 7), credits.ErrInsufficient)
			return charge(tx, 5)
		}))
		o.has(env.DB, 0, 0)
	})
}
