package providers_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/cache"
	"github.com/chameleon-go/chameleon/cache/cachetest"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/providers"
)

// keeping is a handle with a cache. env.DB has none, and stands for other processes.
func keeping(t *testing.T, env *enginetest.Env) (*bun.DB, *cachetest.Store, *cache.Cache) {
	t.Helper()
	store := cachetest.NewStore()
	kept, err := cache.New(store, cache.Options{TTL: time.Hour})
	require.NoError(t, err)
	return env.Open(t, chameleon.WithCache(kept)), store, kept
}

// TestKeptProvidersAreAsRead, and are kept encrypted. One in plaintext is not kept.
func TestKeptProvidersAreAsRead(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		db, kept, counted := keeping(t, env)
		ring := newRing(t)
		_, err := providers.Put(ctx, db, providers.PutParams{
			Provider: "openai", Key: providers.NewSecret("sk-secret"), AEAD: ring, ModelConfig: `{"model": "gpt"}`, At: noon,
		})
		require.NoError(t, err)
		off := false
		_, err = providers.Put(ctx, db, providers.PutParams{Provider: "kling", Key: providers.NewSecret("kl-secret"), AEAD: ring, Enabled: &off, At: noon})
		require.NoError(t, err)
		for _, name := range []providers.Name{"openai", "kling"} {
			p := providers.GetParams{Provider: name, AEAD: ring, EvenDisabled: true}
			want, err := providers.Get(ctx, env.DB, p)
			require.NoError(t, err)
			for range 3 {
				got, err := providers.Get(ctx, db, p)
				require.NoError(t, err)
				assert.Equal(t, want.Info, got.Info)
				assert.True(t, want.Key.Equal(got.Key))
				found, err := providers.Find(ctx, db, providers.FindParams{Provider: name})
				require.NoError(t, err)
				assert.Equal(t, want.Info, *found)
			}
		}
		assert.EqualValues(t, 10, counted.Stats().Hits)
		_, err = providers.Get(ctx, db, providers.GetParams{Provider: "kling", AEAD: ring})
		require.ErrorIs(t, err, providers.ErrDisabled)

		store(t, env.DB, "old", "sk-plaintext")
		for range 2 {
			assert.Equal(t, "sk-plaintext", get(t, db, ring, "old"))
			_, err = providers.Find(ctx, db, providers.FindParams{Provider: "old"})
			require.NoError(t, err)
		}
		require.Len(t, kept.Values(), 2)
		for _, value := range kept.Values() {
			assert.NotContains(t, string(value), "secret")
			assert.NotContains(t, string(value), "plaintext")
		}
		_, err = providers.Get(ctx, db, providers.GetParams{Provider: "nobody", AEAD: ring})
		require.ErrorIs(t, err, providers.ErrNotFound)
	})
}

// TestKeptProvidersThatChange: this process sees its own verbs at once, in transactions
// too, and also where another process was first.
func TestKeptProvidersThatChange(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		db, _, _ := keeping(t, env)
		ring := newRing(t)
		find := func(on bun.IDB) (any, error) {
			found, err := providers.Get(ctx, on, providers.GetParams{Provider: "openai", AEAD: ring, EvenDisabled: true})
			if err != nil {
				return nil, err
			}
			return [...]any{found.Info, found.Key.Reveal(), stored(t, env.DB, "openai")}, nil
		}
		p := providers.SwitchParams{Provider: "openai", At: noon}
		for name, change := range map[string]func(on bun.IDB) error{
			"Put": func(on bun.IDB) error {
				_, err := providers.Put(ctx, on, providers.PutParams{Provider: "openai", Key: providers.NewSecret("new"), AEAD: ring})
				return err
			},
			"Disable": func(on bun.IDB) error { _, err := providers.Disable(ctx, on, p); return err },
			"SetModelConfig": func(on bun.IDB) error {
				_, err := providers.SetModelConfig(ctx, on, providers.SetModelConfigParams{Provider: "openai", ModelConfig: `{"a": 1}`})
				return err
			},
			"RotateKeys": func(on bun.IDB) error {
				_, err := providers.RotateKeys(ctx, on, providers.RotateKeysParams{AEAD: ring})
				return err
			},
			"Delete": func(on bun.IDB) error {
				_, err := providers.Delete(ctx, on, providers.DeleteParams{Provider: "openai"})
				return err
			},
		} {
			for where, do := range map[string]func(){
				"handle": func() { require.NoError(t, change(db)) },
				"transaction": func() {
					require.NoError(t, db.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error {
						require.NoError(t, change(tx))
						_, err := find(db) // what is not committed yet
						return err
					}))
				},
				"another process first": func() {
					require.NoError(t, change(env.DB))
					_ = change(db) // a Delete finds nothing any more
				},
			} {
				put(t, db, ring, "openai", "old")
				_, err := providers.Enable(ctx, db, p)
				require.NoError(t, err)
				for range 2 {
					_, err := find(db)
					require.NoError(t, err)
				}
				do()
				want, wantErr := find(env.DB)
				got, err := find(db)
				assert.Equal(t, want, got, "%s, %s", name, where)
				assert.Equal(t, wantErr == nil, err == nil, "%s, %s", name, where)
			}
		}
	})
}
