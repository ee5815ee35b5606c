package adopt_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// old makes the ledger's tables those of an old database: of 32 bits, on MySQL in
// latin1, with a row whose time is a zero date.
func old(t *testing.T, env *enginetest.Env) {
	t.Helper()
	env.Narrow(t, "credits", "credits_trans")
	if !dialect.Of(env.DB).IsMySQL() {
		return
	}
	require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		for _, statement := range []string{
			"SET @mode = @@SESSION.sql_mode", "SET SESSION sql_mode = ''",
			"ALTER TABLE credits MODIFY user_uuid varchar(255) CHARACTER SET latin1 NOT NULL",
			"ALTER TABLE credits_trans MODIFY user_uuid varchar(255) CHARACTER SET latin1 NOT NULL, " +
				"MODIFY expired_at varchar(255) CHARACTER SET latin1 NULL",
			"INSERT INTO credits_trans (user_uuid, trans_type, credits, created_at) VALUES ('zero', 'ai_generation', -3, '0000-00-00 00:00:00')",
			"SET SESSION sql_mode = @mode",
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}))
}

// irregularUsers are those of irregularAccounts, besides one who has nothing at all.
var irregularUsers = []string{"zero", "no rows", "negative", "overflow", "dates", "null", "nobody", "nothing"}

// irregularAccounts adds what real databases have.
func irregularAccounts(t *testing.T, env *enginetest.Env) {
	t.Helper()
	old(t, env)
	statements := []string{
		"INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES ('zero', 10, 13), ('no rows', 7, 7), " +
			"('negative', -5, 100), ('overflow', 2147483647, 2147483647), ('dates', 31, 31), ('null', 4, 4)",
		"INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at) VALUES " +
			"('zero', 'new_user', 13, NULL, '2026-01-01 00:00:00'), " +
			"('negative', 'new_user', 100, '2099-01-01', '2026-01-01 00:00:00'), ('negative', 'ai_generation', -105, '', NULL), " +
			"('overflow', 'order_pay', 2000000000, '', '2026-01-01 00:00:00'), ('overflow', 'order_pay', 2000000000, '', '2026-01-01 00:00:01'), " +
			"('dates', 'a', 1, '2099-01-01T00:00:00.000Z', '2026-01-01 00:00:00'), ('dates', 'b', 2, '4070908800000', '2026-01-01 00:00:00'), " +
			"('dates', 'c', 4, 'Thu Jan 01 2099 00:00:00 GMT+0000 (Coordinated Universal Time)', '2026-01-01 00:00:00'), " +
			"('dates', 'd', 8, 'Invalid Date', '2026-01-01 00:00:00'), ('dates', 'e', 16, '2099-01-01T00:00:00', '2026-01-01 00:00:00'), " +
			"('null', 'f', 4, 'never', NULL), ('nobody', 'new_user', 100, '', NULL)",
	}
	for i, user := range irregularUsers {
		statements = append(statements, fmt.Sprintf("INSERT INTO users (uuid, email, invite_code) VALUES ('%s', '%s@Example.com', 'irrglr%d')", user, user, i))
	}
	for _, statement := range statements {
		_, err := env.DB.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// TestIrregularRows adopts what real databases have. Every balance is what the
// original's own query shows.
func TestIrregularRows(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		irregularAccounts(t, env)
		before := accounts(t, env.DB)
		shown := func() {
			for _, a := range before {
				b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: a.UserUUID})
				for range 8 { // a read that a connection prepared before the columns were widened
					if dialect.IsTransient(err) {
						b, err = credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: a.UserUUID})
					}
				}
				require.NoError(t, err)
				require.Equal(t, a.LeftCredits, b.Available-b.Debt, a.UserUUID)
				_, err = credits.Statement(ctx, env.DB, credits.StatementParams{UserUUID: a.UserUUID})
				require.NoError(t, err, a.UserUUID)
			}
		}
		shown()
		report, err := adopt.Run(ctx, env.DB, adopt.Params{Widen: true})
		require.NoError(t, err)
		require.Empty(t, report.SetAside)
		shown()
		require.Zero(t, outside(t, env.DB))
		for _, n := range report.Narrow {
			require.True(t, n.Widened)
		}
		for _, c := range []credits.ChargeParams{{UserUUID: "overflow", Amount: 2_147_483_647}, {UserUUID: "dates", Amount: 31}, {UserUUID: "zero", Amount: 10}} {
			_, err := credits.Charge(ctx, env.DB, c)
			require.NoError(t, err, c.UserUUID)
		}
		_, err = credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: "overflow", Amount: 1 << 40, Type: "x"})
		require.NoError(t, err, "it is wide now")
		// A number alone is nobody's word on an account of ours, and no run's affair.
		_, err = credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: "ours", Amount: 5, Type: "x"})
		require.NoError(t, err)
		_, err = env.DB.ExecContext(ctx, "UPDATE credits SET left_credits = 99 WHERE user_uuid = 'ours'")
		require.NoError(t, err)
		again, err := adopt.Run(ctx, env.DB, adopt.Params{})
		require.NoError(t, err)
		require.Zero(t, again.Accounts)
		verified, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.Len(t, verified.Breaches, 1)
		require.Equal(t, "ours", verified.Breaches[0].UserUUID)
	})
}
