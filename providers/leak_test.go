package providers_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/leaktest"
	"github.com/chameleon-go/chameleon/providers"
)

// brokenAEAD fails, and its errors show what it was given.
type brokenAEAD struct{ err error }

func (b brokenAEAD) Encrypt(plaintext, _ []byte) ([]byte, error) {
	return nil, fmt.Errorf("%w of %s", b.err, plaintext)
}

func (b brokenAEAD) Decrypt(ciphertext, _ []byte) ([]byte, error) {
	return nil, fmt.Errorf("%w of %s", b.err, ciphertext)
}

// TestNoKeyIsShown searches results, errors, traces and logs of every verb for
// providers' keys and for the keyset, in success and in failure: of another keyset, of
// a row that was damaged, of a table that is not there.
func TestNoKeyIsShown(t *testing.T) {
	t.Parallel()
	const key, plain, next = "sk-live-5f2c1a9e7b3d", "sk-plain-77aa01c2e4", "sk-next-0c9d8e7f6a5b"
	ring := newRing(t)
	keyset, err := ring.Export()
	require.NoError(t, err)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		watch := leaktest.New(t, key, plain, next, keyset)
		db := env.Open(t, chameleon.WithLogger(watch.Logger()), chameleon.WithTracer(watch), chameleon.WithSlowQueryThreshold(1))
		ctx := t.Context()
		look := func(what any, err error) {
			watch.Value("a result", what)
			watch.Err(err)
		}
		every := func(aead providers.AEAD) {
			look(providers.Put(ctx, db, providers.PutParams{Provider: "openai", Key: providers.NewSecret(key), AEAD: aead, At: noon}))
			look(providers.Put(ctx, db, providers.PutParams{Provider: "kling", Key: providers.NewSecret(next + "\n"), AEAD: aead}))
			for _, name := range []providers.Name{"openai", "replicate", "seedance"} {
				look(providers.Get(ctx, db, providers.GetParams{Provider: name, AEAD: aead}))
				look(providers.Get(ctx, db, providers.GetParams{Provider: name, AEAD: aead, RefusePlaintext: true}))
				look(providers.Find(ctx, db, providers.FindParams{Provider: name}))
			}
			look(providers.SetModelConfig(ctx, db, providers.SetModelConfigParams{Provider: "openai", ModelConfig: "{}"}))
			look(providers.Disable(ctx, db, providers.SwitchParams{Provider: "openai"}))
			look(providers.Enable(ctx, db, providers.SwitchParams{Provider: "openai"}))
			look(providers.Delete(ctx, db, providers.DeleteParams{Provider: "kling"}))
			watch.Value("params", providers.PutParams{Provider: "openai", Key: providers.NewSecret(key), AEAD: aead})
			look(providers.List(ctx, db, providers.ListParams{}))
			look(providers.RotateKeys(ctx, db, providers.RotateKeysParams{AEAD: aead}))
		}
		every(ring)
		store(t, db, "replicate", plain)
		store(t, db, "seedance", stored(t, db, "openai")) // sealed for another provider
		every(newRing(t))
		every(brokenAEAD{errors.New("no encryption")})
		_, err := db.ExecContext(ctx, "DROP TABLE ai_provider_keys")
		require.NoError(t, err)
		every(ring)
		_, err = providers.Put(ctx, db, providers.PutParams{Provider: "openai", Key: providers.NewSecret(key), AEAD: ring})
		require.ErrorIs(t, err, dialect.ErrSchemaMissing)
	})
}
