package users_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

func TestWelcomeCreditsComeOnce(t *testing.T) {
	key := secret.New(strings.Repeat("\a", users.MinWelcomeKey))
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		enter := func(db bun.IDB, p users.Profile, key secret.Secret) *users.SignInResult {
			t.Helper()
			in, err := users.SignIn(ctx, db, users.SignInParams{Profile: p, WelcomeKey: key})
			require.NoError(t, err)
			return in
		}
		var granted int64
		round := func(p users.Profile, key secret.Secret) bool {
			t.Helper()
			in := enter(env.DB, p, key)
			require.Equal(t, users.Created, in.Outcome)
			if in.Welcome != nil {
				granted += in.Welcome.Amount
			}
			_, err := users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: in.User.UUID})
			require.NoError(t, err)
			return in.Welcome != nil
		}
		// Without a key nothing is kept, and nothing known.
		require.True(t, round(google("g-1", "ada@example.com"), secret.Secret{}))
		require.True(t, round(google("g-1", "ada@example.com"), secret.Secret{}))
		require.Zero(t, count(t, env.DB, (*users.WelcomeClaim)(nil)))

		granted = 0
		// A stranger without proof does not use up the owner's.
		require.True(t, round(unverified(github("66", "ada@example.com")), key))
		for i := range 5 {
			require.Equal(t, i == 0, round(google("g-1", " Ada@example.com"), key))
		}
		require.False(t, round(google("g-2", "ada@example.com"), key), "the address has had them")
		require.False(t, round(google("g-1", "other@example.com"), key), "the identity has had them")
		require.False(t, round(unverified(github("67", "ada@example.com")), key))
		require.Equal(t, int64(200), granted)
		made, err := users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com", WelcomeKey: key})
		require.NoError(t, err)
		require.Nil(t, made.Welcome)

		// What is kept tells nobody without the key.
		var claims []users.WelcomeClaim
		require.NoError(t, env.DB.NewSelect().Model(&claims).Scan(ctx))
		require.NotEmpty(t, claims)
		for _, c := range claims {
			require.Regexp(t, "^[0-9a-f]{64}$", c.Claim)
			require.False(t, c.CreatedAt.IsZero())
		}
		require.True(t, round(google("g-1", "new@example.com"), secret.New(strings.Repeat("\b", 40))), "another key knows nothing")

		_, err = users.SignIn(ctx, env.DB, users.SignInParams{Profile: google("g-9", "x@example.com"), WelcomeKey: secret.New(key.Reveal()[1:])})
		var invalid *users.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "WelcomeKey", invalid.Field)
		_, err = users.Create(ctx, env.DB, users.CreateParams{Email: "x@example.com", WelcomeKey: secret.New(key.Reveal()[1:])})
		require.ErrorIs(t, err, users.ErrInvalid)
	})
}

// TestWelcomeClaimsAtOnce: of sign-ups that share what claims, one has the credits.
func TestWelcomeClaimsAtOnce(t *testing.T) {
	key := secret.New(strings.Repeat("\a", users.MinWelcomeKey))
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		var all sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			all.Go(func() {
				for range 3 {
					in, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: google("g-1", "ada@example.com"), WelcomeKey: key})
					if err == nil {
						_, err = users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: in.User.UUID})
					}
					errs[i] = err
				}
			})
		}
		all.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		require.Equal(t, 1, count(t, env.DB, (*credits.Entry)(nil)), "one welcome grant")
		require.Equal(t, 2, count(t, env.DB, (*users.WelcomeClaim)(nil)))
	})
}
