package apikeys_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/leaktest"
)

// TestNoAPIKeyIsShown searches params, results, errors, traces and logs of every verb
// for a key, in success, after it was revoked, and in failure of a table that is not
// there.
func TestNoAPIKeyIsShown(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		watch := leaktest.New(t)
		db := env.Open(t, chameleon.WithLogger(watch.Logger()), chameleon.WithTracer(watch), chameleon.WithSlowQueryThreshold(1))
		ctx, user := t.Context(), uuid.NewString()
		look := func(what any, err error) {
			watch.Value("a result", what)
			watch.Err(err)
		}
		made, err := apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: user, Name: "CI"})
		require.NoError(t, err)
		key := made.Secret
		watch.Add(key.Reveal())
		look(made, nil)
		forged := apikeys.NewSecret(key.Reveal() + "x")
		every := func() {
			for _, one := range []apikeys.Secret{key, forged} {
				watch.Value("params", apikeys.AuthenticateParams{Key: one})
				look(apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: one}))
				look(apikeys.Inspect(ctx, db, apikeys.InspectParams{Key: one}))
			}
			look(apikeys.Get(ctx, db, apikeys.GetParams{ID: made.Info.ID}))
			look(apikeys.List(ctx, db, apikeys.ListParams{UserUUID: user}))
			look(apikeys.Rename(ctx, db, apikeys.RenameParams{ID: made.Info.ID, UserUUID: user, Name: "CD"}))
			look(apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: user, Name: key.Reveal()[:3], Prefix: "no good"}))
			look(apikeys.Revoke(ctx, db, apikeys.RevokeParams{Key: forged}))
			look(apikeys.Revoke(ctx, db, apikeys.RevokeParams{Key: key}))
		}
		every()
		every()
		look(apikeys.Forget(ctx, db, apikeys.ForgetParams{UserUUID: user}))
		_, err = db.ExecContext(ctx, "DROP TABLE apikeys")
		require.NoError(t, err)
		every()
	})
}
