package chameleon_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

// gcm is encryption from the standard library, with a nonce that the test can do
// with: each key encrypts one text.
type gcm struct{ cipher.AEAD }

func newGCM(t *testing.T) gcm {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	return gcm{aead}
}

func (g gcm) Encrypt(plaintext, bound []byte) ([]byte, error) {
	return g.Seal(nil, make([]byte, 12), plaintext, bound), nil
}

func (g gcm) Decrypt(ciphertext, bound []byte) ([]byte, error) {
	return g.Open(nil, make([]byte, 12), ciphertext, bound)
}

// TestStolenDump looks into every column of every table for what would open
// something.
func TestStolenDump(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		const providerKey, welcomeKey = "sk-live-of-a-provider-77aa01c2", "a welcome key of more than 32 bytes"
		in, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: users.Profile{
			Provider: users.ProviderGoogle, Subject: "subject", Email: "ada@example.com", EmailVerified: true,
		}, WelcomeKey: secret.New(welcomeKey)})
		require.NoError(t, err)
		made, err := apikeys.Create(ctx, env.DB, apikeys.CreateParams{UserUUID: in.User.UUID, Name: "CI"})
		require.NoError(t, err)
		_, err = apikeys.Authenticate(ctx, env.DB, apikeys.AuthenticateParams{Key: made.Secret})
		require.NoError(t, err)
		_, err = providers.Put(ctx, env.DB, providers.PutParams{Provider: "openai", Key: providers.NewSecret(providerKey), AEAD: newGCM(t)})
		require.NoError(t, err)
		key := made.Secret.Reveal()
		require.Empty(t, personal(t, env.DB, key, key[len(key)-20:], providerKey, providerKey[8:], welcomeKey))
		require.NotEmpty(t, personal(t, env.DB, "openai"), "the tables are not empty")
	})
}

// TestAnotherTenantsThings: who says whose something is to be finds nothing of anybody
// else's, and changes nothing.
func TestAnotherTenantsThings(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		owner, mallory := newPerson(t, env.DB, "gertrude"), uuid.NewString()
		made, err := apikeys.Create(ctx, env.DB, apikeys.CreateParams{UserUUID: owner.UUID, Name: "CI"})
		require.NoError(t, err)
		_, err = credits.Hold(ctx, env.DB, credits.HoldParams{UserUUID: owner.UUID, Amount: 1, Key: "held"})
		require.NoError(t, err)
		pending, err := orders.Create(ctx, env.DB, orders.CreateParams{
			UserUUID: owner.UUID, OrderNo: "o-1", ProductID: "p", Amount: 100, Currency: "USD", Credits: 10, PayType: orders.PayTypeStripe,
		})
		require.NoError(t, err)
		page, err := credits.Statement(ctx, env.DB, credits.StatementParams{UserUUID: owner.UUID, Limit: 1})
		require.NoError(t, err)
		before := personal(t, env.DB, "gertrude", owner.UUID)
		for name, try := range map[string]func(ctx context.Context) error{
			"an order": func(ctx context.Context) error {
				_, err := orders.Get(ctx, env.DB, orders.GetParams{OrderNo: pending.Order.OrderNo, UserUUID: mallory})
				return err
			},
			"an order, cancelled": func(ctx context.Context) error {
				_, err := orders.Cancel(ctx, env.DB, orders.CancelParams{OrderNo: pending.Order.OrderNo, UserUUID: mallory})
				return err
			},
			"a generation": func(ctx context.Context) error {
				_, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: owner.open, UserUUID: mallory})
				return err
			},
			"a generation, failed": func(ctx context.Context) error {
				_, err := generations.Fail(ctx, env.DB, generations.FailParams{GenID: owner.open, UserUUID: mallory})
				return err
			},
			"a key, revoked": func(ctx context.Context) error {
				_, err := apikeys.Revoke(ctx, env.DB, apikeys.RevokeParams{ID: made.Info.ID, UserUUID: mallory})
				return err
			},
			"a hold, released": func(ctx context.Context) error {
				_, err := credits.Release(ctx, env.DB, credits.ReleaseParams{UserUUID: mallory, HoldKey: "held", Key: "r"})
				return err
			},
			"an identity, unlinked": func(ctx context.Context) error {
				_, err := users.UnlinkIdentity(ctx, env.DB, users.UnlinkIdentityParams{
					UserUUID: mallory, Provider: users.ProviderGoogle, Subject: "gertrude-subject", EvenLast: true,
				})
				return err
			},
		} {
			require.Error(t, try(ctx), name)
		}
		theirs, err := credits.Statement(ctx, env.DB, credits.StatementParams{UserUUID: mallory, Cursor: page.Next})
		if err == nil { // a cursor is a place, in the statement of whoever is named
			assert.Empty(t, theirs.Items)
		}
		require.Equal(t, before, personal(t, env.DB, "gertrude", owner.UUID), "nothing has changed")
	})
}
