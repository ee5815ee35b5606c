package affiliates_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// forgettable are two commissions by the user, one of them written by another
// program, and others.
func forgettable(user, other string) []any {
	return []any{
		&affiliates.Commission{UserUUID: other, CustomerUUID: user, CustomerEmail: "x@example.com", CommissionAmount: 10, OrderKey: "1"},
		&affiliates.Commission{UserUUID: other, CustomerEmail: "ADA@Example.com", CommissionAmount: 10},
		&affiliates.Commission{UserUUID: user, CustomerUUID: other, CustomerEmail: "grace@example.com", CommissionAmount: 10},
		// Named by another customer: theirs, whatever it says.
		&affiliates.Commission{UserUUID: user, CustomerUUID: other, CustomerEmail: "ada@example.com", CommissionAmount: 10},
	}
}

func TestForget(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user, other := uuid.NewString(), uuid.NewString()
		for _, row := range forgettable(user, other) {
			_, err := env.DB.NewInsert().Model(row).Exec(ctx)
			require.NoError(t, err)
		}
		forget := func(db bun.IDB, user string) int64 {
			done, err := affiliates.Forget(ctx, db, affiliates.ForgetParams{UserUUID: user, Emails: []string{"Ada@example.com"}})
			require.NoError(t, err)
			return done.Commissions
		}
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := affiliates.Forget(ctx, tx, affiliates.ForgetParams{UserUUID: "x"})
			require.ErrorIs(t, err, dialect.ErrInvalid)
			require.Equal(t, int64(2), forget(tx, user))
			return nil
		})
		require.NoError(t, err)
		require.Zero(t, forget(env.DB, user), "again")
		require.Zero(t, forget(env.DB, uuid.NewString()), "an unknown user")
		var left []affiliates.Commission
		require.NoError(t, env.DB.NewSelect().Model(&left).OrderExpr("id").Scan(ctx))
		for i, email := range []string{"", "", "grace@example.com", "ada@example.com"} {
			require.Equal(t, email, left[i].CustomerEmail)
			require.Equal(t, int64(10), left[i].CommissionAmount)
		}
		_, err = affiliates.Forget(ctx, env.DB, affiliates.ForgetParams{UserUUID: user, Emails: []string{" "}})
		require.ErrorIs(t, err, dialect.ErrInvalid)
	})
}
