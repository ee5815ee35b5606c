package apikeys_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// forgettable are two keys of the user, and another's.
func forgettable(user, other string) []any {
	return []any{
		&apikeys.Key{Name: "Ada's laptop", Key: "1", UserUUID: user, Status: apikeys.StatusActive},
		&apikeys.Key{Name: "old", Key: "2", UserUUID: user, Status: apikeys.StatusRevoked},
		&apikeys.Key{Name: "mine", Key: "3", UserUUID: other, Status: apikeys.StatusActive},
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
			done, err := apikeys.Forget(ctx, db, apikeys.ForgetParams{UserUUID: user})
			require.NoError(t, err)
			return done.Keys
		}
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := apikeys.Forget(ctx, tx, apikeys.ForgetParams{UserUUID: "x"})
			require.ErrorIs(t, err, dialect.ErrInvalid)
			require.Equal(t, int64(2), forget(tx, user))
			return nil
		})
		require.NoError(t, err)
		require.Zero(t, forget(env.DB, user), "again")
		require.Zero(t, forget(env.DB, uuid.NewString()), "an unknown user")
		var left []apikeys.Key
		require.NoError(t, env.DB.NewSelect().Model(&left).Scan(ctx))
		require.Len(t, left, 1)
		require.Equal(t, other, left[0].UserUUID)
	})
}
