package content_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// forgettable is feedback of the user, of another, and of nobody.
func forgettable(user, other string) []any {
	return []any{
		&content.Feedback{UserUUID: user, Content: "I am Ada", Rating: 5},
		&content.Feedback{UserUUID: user, Rating: 1},
		&content.Feedback{UserUUID: other, Content: "I am Grace", Rating: 4},
		&content.Feedback{Content: "I am nobody", Rating: 3},
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
			done, err := content.Forget(ctx, db, content.ForgetParams{UserUUID: user})
			require.NoError(t, err)
			return done.Feedbacks
		}
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := content.Forget(ctx, tx, content.ForgetParams{UserUUID: "x"})
			require.ErrorIs(t, err, dialect.ErrInvalid)
			require.Equal(t, int64(2), forget(tx, user))
			return nil
		})
		require.NoError(t, err)
		require.Zero(t, forget(env.DB, user), "again")
		require.Zero(t, forget(env.DB, uuid.NewString()), "an unknown user")
		var left []content.Feedback
		require.NoError(t, env.DB.NewSelect().Model(&left).OrderExpr("id").Scan(ctx))
		for i, want := range []content.Feedback{
			{Rating: 5},
			{Rating: 1},
			{Rating: 4, UserUUID: other, Content: "I am Grace"},
			{Rating: 3, Content: "I am nobody"},
		} {
			left[i].ID = 0
			require.Equal(t, want, left[i])
		}
	})
}
