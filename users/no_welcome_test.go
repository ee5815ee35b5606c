package users_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

// TestSignUpWithoutWelcomeCredits gives none, once and again, and spends no claim.
func TestSignUpWithoutWelcomeCredits(t *testing.T) {
	key := secret.New(strings.Repeat("\a", users.MinWelcomeKey))
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		in := users.SignInParams{Profile: google("g-1", "ada@example.com"), NoWelcomeCredits: true, WelcomeKey: key}
		up := users.CreateParams{
			UserUUID: "7b1f2c3d-0000-4000-8000-000000000001", Email: "eve@example.com", NoWelcomeCredits: true, WelcomeKey: key,
		}
		for range 2 {
			signed, err := users.SignIn(ctx, env.DB, in)
			require.NoError(t, err)
			require.Nil(t, signed.Welcome)
			made, err := users.Create(ctx, env.DB, up)
			require.NoError(t, err)
			require.Nil(t, made.Welcome)
			for _, u := range []*users.User{signed.User, made.User} {
				b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: u.UUID})
				require.NoError(t, err)
				require.Zero(t, b.Total)
			}
		}
		require.Zero(t, count(t, env.DB, (*users.WelcomeClaim)(nil)))

		up.UserUUID, up.WelcomeCredits = "", 5
		in.Profile, in.WelcomeCredits = google("g-2", "bob@example.com"), 5
		_, err := users.Create(ctx, env.DB, up)
		var invalid *users.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "WelcomeCredits", invalid.Field)
		_, err = users.SignIn(ctx, env.DB, in)
		require.ErrorIs(t, err, users.ErrInvalid)
	})
}
