package users_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// TestUsersOfTheOriginal: users whom the original application wrote are found in any
// case and signed in, twins each by their own spelling; nobody is made twice, nothing
// is rewritten, and folding the emails afterwards leaves the twins.
func TestUsersOfTheOriginal(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		if env.Engine == dialect.SQLite { // where the original makes no tables
			_, err := env.DB.ExecContext(ctx, "UPDATE users SET original = true")
			require.NoError(t, err)
		}
		const mixed = "User0.Ünïcode+tag@Example.COM"
		insensitive := false // where a unique index of the original's takes twins for one
		if dialect.Of(env.DB).IsMySQL() {
			insensitive = true
		} else {
			_, err := env.DB.ExecContext(ctx, "INSERT INTO users (uuid, email, invite_code, original, created_at) VALUES "+
				"('00000000-0000-4000-8000-000000000001', 'Twin@Example.com', 'twin01', true, '2026-01-01 00:00:00'), "+
				"('00000000-0000-4000-8000-000000000002', 'TWIN@example.com', 'twin02', true, '2026-01-02 00:00:00')")
			require.NoError(t, err)
		}
		find := func(email string) string {
			u, err := users.Get(ctx, env.DB, users.GetParams{Email: email})
			require.NoError(t, err, email)
			return u.Email
		}
		before, err := users.Count(ctx, env.DB, users.CountParams{})
		require.NoError(t, err)
		check := func(stored string) {
			for _, spelling := range []string{mixed, "user0.Ünïcode+tag@example.com", "USER0.Ünïcode+TAG@example.com"} {
				require.Equal(t, stored, find(spelling))
			}
			_, err := users.Get(ctx, env.DB, users.GetParams{Email: "user0.ünïcode+tag@example.com"})
			require.ErrorIs(t, err, users.ErrNotFound, "É is not é")
			if !insensitive {
				for _, spelling := range []string{"Twin@Example.com", "TWIN@example.com"} {
					require.Equal(t, spelling, find(spelling))
				}
				require.Equal(t, "Twin@Example.com", find("twin@example.com"))
			}
		}
		check(mixed)
		in, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: users.Profile{
			Provider: users.ProviderGoogle, Subject: "s0", Email: "user0.Ünïcode+tag@example.com", EmailVerified: true,
		}})
		require.NoError(t, err)
		require.Equal(t, users.Linked, in.Outcome)
		require.Equal(t, mixed, in.User.Email)
		_, err = users.Create(ctx, env.DB, users.CreateParams{Email: "user7.Ünïcode+tag@example.com"})
		require.ErrorIs(t, err, users.ErrEmailTaken)

		plan, err := users.FoldEmails(ctx, env.DB, users.FoldEmailsParams{DryRun: true})
		require.NoError(t, err)
		check(mixed)
		done, err := users.FoldEmails(ctx, env.DB, users.FoldEmailsParams{})
		require.NoError(t, err)
		require.Equal(t, plan, done)
		require.EqualValues(t, 9, done.Folded)
		check("user0.Ünïcode+tag@example.com")
		if !insensitive {
			require.Len(t, done.Twins, 2)
			require.Equal(t, "twin@example.com", done.Twins[1].Form)
		}
		again, err := users.FoldEmails(ctx, env.DB, users.FoldEmailsParams{})
		require.NoError(t, err)
		require.Zero(t, again.Folded)
		after, err := users.Count(ctx, env.DB, users.CountParams{})
		require.NoError(t, err)
		require.Equal(t, before, after)
	})
}
