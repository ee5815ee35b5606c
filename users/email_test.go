package users_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// TestNobodySignsInAsAnother by an address that only looks, folds or collates like
// another's.
func TestNobodySignsInAsAnother(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		owners := map[string]string{}
		for i, email := range []string{"mike@example.com", "istanbul@example.com", "jos\u00e9@example.com", "fist@example.com", "strasse@example.com"} {
			owners[signIn(t, env.DB, google(fmt.Sprint("owner-", i), email)).User.UUID] = email
		}
		for i, email := range []string{
			"mi\u212ae@example.com", "MI\u212aE@EXAMPLE.COM", "mike@e\u212aample.com", "\u0130stanbul@example.com", "\u0131stanbul@example.com",
			"i\u0307stanbul@example.com", "jose@example.com", "JOS\u00c9@example.com", "\ufb01st@example.com", "\ufb01\ufb05@example.com",
			"stra\u00dfe@example.com", "\uff4dike@example.com", "mi\u200bke@example.com", "mike\u2060@example.com", "m\u0456ke@example.com",
		} {
			in, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: google(fmt.Sprint("other-", i), email)})
			if err != nil {
				require.ErrorIs(t, err, users.ErrInvalid, "%+q", email)
				_, err = users.Get(ctx, env.DB, users.GetParams{Email: email})
				require.ErrorIs(t, err, users.ErrInvalid)
				continue
			}
			require.Empty(t, owners[in.User.UUID], "%+q", email)
			require.Equal(t, users.Created, in.Outcome)
		}
	})
}

// TestOneAddressIsOneAccount however it is spelled.
func TestOneAddressIsOneAccount(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		made, err := users.Create(ctx, env.DB, users.CreateParams{Email: "Jos\u00e9@B\u00fccher.example"})
		require.NoError(t, err)
		for _, email := range []string{
			"jos\u00e9@b\u00fccher.example", " JOSe\u0301@Bu\u0308cher.EXAMPLE ", "jos\u00e9@xn--bcher-kva.example", "jose\u0301@XN--BCHER-KVA.example",
		} {
			found, err := users.Get(ctx, env.DB, users.GetParams{Email: email})
			require.NoError(t, err, "%+q", email)
			require.Equal(t, made.User.UUID, found.UUID)
			_, err = users.Create(ctx, env.DB, users.CreateParams{Email: email})
			require.ErrorIs(t, err, users.ErrEmailTaken)
		}
		for _, r := range "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u034f\u061c\u2800\u3164\ufe0f\u202e" {
			for _, email := range []string{"jos\u00e9" + string(r) + "@b\u00fccher.example", "jos\u00e9@b\u00fc" + string(r) + "cher.example"} {
				_, err := users.Create(ctx, env.DB, users.CreateParams{Email: email})
				var invalid *users.InvalidError
				require.ErrorAs(t, err, &invalid, "%U", r)
				require.Equal(t, "Email", invalid.Field)
				require.Contains(t, invalid.Problem, fmt.Sprintf("%U", r))
				_, err = users.SignIn(ctx, env.DB, users.SignInParams{Profile: google("g-1", email)})
				require.ErrorIs(t, err, users.ErrInvalid)
			}
		}
		require.Equal(t, 1, count(t, env.DB, (*users.User)(nil)))
	})
}

// TestOddRowsAreFound: those of another program, by the very spelling they have,
// which comes before what it would be stored as.
func TestOddRowsAreFound(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		emails := []string{"zo\u200be@example.com", " Spaced@Example.com", "Bob Smith", "MI\u212aE@example.com", "mixed@example.com", "Mixed@Example.com"}
		for i, email := range emails {
			_, err := env.DB.ExecContext(ctx, "INSERT INTO users (uuid, email, invite_code) VALUES (?, ?, ?)", fmt.Sprint("legacy-", i), email, fmt.Sprint("code-", i))
			require.NoError(t, err)
		}
		for i, email := range emails {
			found, err := users.Get(ctx, env.DB, users.GetParams{Email: email})
			require.NoError(t, err, "%+q", email)
			require.Equal(t, fmt.Sprint("legacy-", i), found.UUID)
		}
		_, err := users.Get(ctx, env.DB, users.GetParams{Email: "zoe@example.com"})
		require.ErrorIs(t, err, users.ErrNotFound)
		_, err = users.Get(ctx, env.DB, users.GetParams{Email: "mike@example.com"})
		require.ErrorIs(t, err, users.ErrNotFound)
	})
}
