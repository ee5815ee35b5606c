package apikeys_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/bridge/sqltx"
	"github.com/chameleon-go/chameleon/cache"
	"github.com/chameleon-go/chameleon/cache/cachetest"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// keeping is a handle with a cache. env.DB has none, and stands for other processes.
func keeping(t *testing.T, env *enginetest.Env) (*bun.DB, *cachetest.Store, *cache.Cache) {
	t.Helper()
	store := cachetest.NewStore()
	kept, err := cache.New(store, cache.Options{TTL: time.Hour})
	require.NoError(t, err)
	return env.Open(t, chameleon.WithCache(kept)), store, kept
}

// TestKeptKeysAreAsRead: what a cache answers is what the database does, and holds
// nothing that opens anything.
func TestKeptKeysAreAsRead(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db, store, kept := keeping(t, env)
		user, at := uuid.NewString(), noon.Add(30*time.Second)
		full, err := apikeys.Create(t.Context(), db, apikeys.CreateParams{
			UserUUID: user, Name: "CI", Scopes: []string{"images:write", "videos"}, ExpiresAt: noon.Add(time.Hour), At: noon,
		})
		require.NoError(t, err)
		for _, made := range []*apikeys.CreateResult{full, create(t, db, user)} {
			key := made.Secret.Reveal()
			accept(t, env.DB, key, noon)
			want := accept(t, env.DB, key, at)
			hits := kept.Stats().Hits
			assert.Equal(t, want, accept(t, db, key, at))
			assert.Equal(t, hits, kept.Stats().Hits)
			assert.Equal(t, want, accept(t, db, key, at))
			assert.Equal(t, hits+1, kept.Stats().Hits)
			_, err := authenticate(db, key+"x", at)
			require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
		}
		_, err = authenticate(db, full.Secret.Reveal(), noon.Add(time.Hour))
		require.ErrorIs(t, err, apikeys.ErrUnauthenticated, "it has expired, also in the cache")
		require.Len(t, store.Values(), 2)
		for name, value := range store.Values() {
			for _, made := range []*apikeys.CreateResult{full} {
				random := strings.TrimPrefix(made.Secret.Reveal(), apikeys.DefaultPrefix)[4:] // all but what Info shows
				assert.NotContains(t, name, random)
				assert.NotContains(t, string(value), random)
			}
		}
	})
}

// TestKeptUseIsWrittenOnceAMinute, not with each request that the cache answers.
func TestKeptUseIsWrittenOnceAMinute(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db, _, _ := keeping(t, env)
		made := create(t, db, uuid.NewString())
		for minute := range 3 {
			at := noon.Add(time.Duration(minute) * 2 * time.Minute)
			accept(t, db, made.Secret.Reveal(), at)
			assert.Equal(t, at, accept(t, db, made.Secret.Reveal(), at.Add(time.Second)).LastUsedAt)
			assert.Equal(t, at, stored(t, env.DB, made.Info.ID).LastUsedAt)
		}
	})
}

// TestKeptKeysOfTheOriginal are not in the cache in clear, and not taken where only keys
// of a prefix are.
func TestKeptKeysOfTheOriginal(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		adopted(t, env)
		db, store, kept := keeping(t, env)
		const key = "sk-7vYDWBe1rMn1zEidGjWpLTiSHU0V1dPm"
		insert(t, env.DB, key, "active")
		_, err := env.DB.ExecContext(t.Context(), "UPDATE apikeys SET original = ?", true)
		require.NoError(t, err)
		accept(t, db, key, noon)
		want := accept(t, db, key, noon)
		require.True(t, want.Legacy)
		hits := kept.Stats().Hits
		assert.Equal(t, want, accept(t, db, key, noon))
		assert.Greater(t, kept.Stats().Hits, hits)
		for name, value := range store.Values() {
			assert.NotContains(t, name+string(value), key[10:])
		}
		_, err = apikeys.Authenticate(t.Context(), db, apikeys.AuthenticateParams{
			Key: apikeys.NewSecret(key), Prefixes: []string{"sk_"}, At: noon,
		})
		require.NoError(t, err)
		_, err = apikeys.HashOriginals(t.Context(), db, apikeys.HashOriginalsParams{})
		require.NoError(t, err)
		assert.False(t, accept(t, db, key, noon).Legacy, "its row is another since")
	})
}

// TestKeptKeysThatChange: this process sees its own verbs at once, also where another
// process was first and there was nothing left to do.
func TestKeptKeysThatChange(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		db, _, kept := keeping(t, env)
		conn, err := db.Conn(ctx)
		require.NoError(t, err)
		user := uuid.NewString()
		changes := map[string]func(made *apikeys.CreateResult, on bun.IDB) error{
			"Revoke by its number": func(made *apikeys.CreateResult, on bun.IDB) error {
				_, err := apikeys.Revoke(ctx, on, apikeys.RevokeParams{ID: made.Info.ID})
				return err
			},
			"Revoke by itself": func(made *apikeys.CreateResult, on bun.IDB) error {
				_, err := apikeys.Revoke(ctx, on, apikeys.RevokeParams{Key: made.Secret})
				return err
			},
			"Forget": func(_ *apikeys.CreateResult, on bun.IDB) error {
				_, err := apikeys.Forget(ctx, on, apikeys.ForgetParams{UserUUID: user})
				return err
			},
		}
		for name, change := range changes {
			for where, on := range map[string]bun.IDB{"handle": db, "connection": conn} {
				made := create(t, db, user)
				accept(t, db, made.Secret.Reveal(), noon)
				accept(t, db, made.Secret.Reveal(), noon)
				require.NoError(t, change(made, on))
				_, err := authenticate(db, made.Secret.Reveal(), noon)
				require.ErrorIs(t, err, apikeys.ErrUnauthenticated, "%s on a %s", name, where)
			}
			if name == "Forget" {
				continue // what is not there any more cannot be named
			}
			made := create(t, db, user)
			accept(t, db, made.Secret.Reveal(), noon)
			accept(t, db, made.Secret.Reveal(), noon)
			require.NoError(t, change(made, env.DB))
			accept(t, db, made.Secret.Reveal(), noon) // it is another process, whose change is not seen yet
			require.NoError(t, change(made, db))
			_, err := authenticate(db, made.Secret.Reveal(), noon)
			require.ErrorIs(t, err, apikeys.ErrUnauthenticated, "%s of one that is revoked", name)
		}
		made := create(t, db, user)
		accept(t, db, made.Secret.Reveal(), noon)
		accept(t, db, made.Secret.Reveal(), noon)
		_, err = apikeys.Rename(ctx, db, apikeys.RenameParams{ID: made.Info.ID, Name: "other"})
		require.NoError(t, err)
		assert.Equal(t, "other", accept(t, db, made.Secret.Reveal(), noon).Name)
		assert.Positive(t, kept.Stats().Hits)
		require.NoError(t, conn.Close())
	})
}

// TestKeptKeysInTransactions: reads in one keep nothing, and what one changes is not
// kept from the verb on, whoever reads in between, so that it is seen once committed.
func TestKeptKeysInTransactions(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		db, store, kept := keeping(t, env)
		engine := sqltx.New(db.Dialect()).WithCache(kept)
		for name, begin := range map[string]func(fn func(ctx context.Context, tx bun.Tx) error) error{
			"the caller's": func(fn func(context.Context, bun.Tx) error) error {
				return db.RunInTx(ctx, nil, fn)
			},
			"the caller's, carried": func(fn func(context.Context, bun.Tx) error) error {
				tx, err := db.DB.BeginTx(ctx, &sql.TxOptions{})
				if err != nil {
					return err
				}
				return errors.Join(engine.In(ctx, tx, fn), tx.Commit())
			},
		} {
			made := create(t, db, uuid.NewString())
			accept(t, env.DB, made.Secret.Reveal(), noon)
			require.NoError(t, db.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error {
				accept(t, tx, made.Secret.Reveal(), noon)
				return nil
			}))
			assert.Empty(t, store.Values(), name)
			accept(t, db, made.Secret.Reveal(), noon)
			require.Len(t, store.Values(), 1, name)
			require.NoError(t, begin(func(ctx context.Context, tx bun.Tx) error {
				_, err := apikeys.Revoke(ctx, tx, apikeys.RevokeParams{ID: made.Info.ID})
				require.NoError(t, err)
				_, err = authenticate(tx, made.Secret.Reveal(), noon)
				require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
				accept(t, db, made.Secret.Reveal(), noon) // nothing is committed yet
				return nil
			}), name)
			_, err := authenticate(db, made.Secret.Reveal(), noon)
			require.ErrorIs(t, err, apikeys.ErrUnauthenticated, name)
			assert.Empty(t, store.Values(), name)
		}
	})
}

// TestKeptKeysOfAStoreThatFails: the database is asked.
func TestKeptKeysOfAStoreThatFails(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db, store, kept := keeping(t, env)
		made, other := create(t, db, uuid.NewString()), create(t, db, uuid.NewString())
		for _, key := range []string{made.Secret.Reveal(), other.Secret.Reveal()} {
			accept(t, db, key, noon)
			accept(t, db, key, noon)
		}
		store.Garble(true)
		assert.Equal(t, other.Info.ID, accept(t, db, other.Secret.Reveal(), noon).ID)
		store.Garble(false)
		assert.Positive(t, kept.Stats().Failures)
		store.Fail(errors.New("down"))
		assert.Equal(t, made.Info.ID, accept(t, db, made.Secret.Reveal(), noon).ID)
		_, err := apikeys.Revoke(t.Context(), db, apikeys.RevokeParams{ID: made.Info.ID})
		require.NoError(t, err)
		store.Fail(nil)
		_, err = authenticate(db, made.Secret.Reveal(), noon)
		require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
	})
}

// TestKeptKeysUnderLoad: no Authenticate that begins when Revoke has returned lets the
// key in, however many were under way.
func TestKeptKeysUnderLoad(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db, _, _ := keeping(t, env)
		for range 10 {
			made := create(t, db, uuid.NewString())
			var revoked, stop atomic.Bool
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					for !stop.Load() {
						before := revoked.Load()
						_, err := authenticate(db, made.Secret.Reveal(), noon)
						if before && !errors.Is(err, apikeys.ErrUnauthenticated) {
							t.Errorf("after Revoke: %v", err)
							return
						}
					}
				})
			}
			_, err := apikeys.Revoke(t.Context(), db, apikeys.RevokeParams{ID: made.Info.ID})
			revoked.Store(true)
			assert.NoError(t, err)
			for range 20 {
				_, err := authenticate(db, made.Secret.Reveal(), noon)
				assert.ErrorIs(t, err, apikeys.ErrUnauthenticated)
			}
			stop.Store(true)
			all.Wait()
		}
	})
}
