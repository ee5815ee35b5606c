package providers_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/testring"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/providers"
)

// rotated adds a key to a ring and promotes it.
func rotated(t *testing.T, ring *testring.Ring) (added, promoted *testring.Ring) {
	t.Helper()
	added, err := ring.Add()
	require.NoError(t, err)
	promoted, err = added.Promote()
	require.NoError(t, err)
	return added, promoted
}

// rotateAll makes a full pass and adds its batches up.
func rotateAll(t *testing.T, db bun.IDB, aead providers.AEAD, limit int) providers.RotateKeysResult {
	t.Helper()
	var sum providers.RotateKeysResult
	for cursor := ""; ; {
		got, err := providers.RotateKeys(context.Background(), db, providers.RotateKeysParams{AEAD: aead, Cursor: cursor, Limit: limit})
		require.NoError(t, err)
		sum.Rotated += got.Rotated
		sum.Encrypted += got.Encrypted
		sum.Current += got.Current
		if cursor = got.Next; cursor == "" {
			return sum
		}
	}
}

func TestRotateKeys(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, old := context.Background(), newRing(t)
		want := map[providers.Name]string{"legacy-1": "plain 1", "legacy-2": "plain 2\n"}
		for name, key := range want {
			store(t, env.DB, string(name), key)
		}
		store(t, env.DB, "empty", "")
		for i := range 12 {
			name := providers.Name(fmt.Sprintf("acme-%02d", i))
			want[name] = fmt.Sprint("key ", i)
			put(t, env.DB, old, name, want[name])
		}
		_, err := providers.Disable(ctx, env.DB, providers.SwitchParams{Provider: "acme-03", At: noon})
		require.NoError(t, err)
		added, ring := rotated(t, old)
		require.Equal(t, providers.RotateKeysResult{Encrypted: 2, Current: 12}, rotateAll(t, env.DB, old, 0))

		// Step by step, stopped in the middle, and begun again.
		first, err := providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: ring, Limit: 5})
		require.NoError(t, err)
		require.Equal(t, &providers.RotateKeysResult{Rotated: 5, Next: first.Next}, first)
		require.NotEmpty(t, first.Next)
		for name := range want { // both keys are in use, and everyone can read them
			for _, aead := range []providers.AEAD{ring, added} {
				got, err := providers.Get(ctx, env.DB, providers.GetParams{Provider: name, AEAD: aead, EvenDisabled: true, RefusePlaintext: true})
				require.NoError(t, err)
				require.Equal(t, want[name], got.Key.Reveal())
			}
		}
		require.Equal(t, providers.RotateKeysResult{Rotated: 9, Current: 5}, rotateAll(t, env.DB, ring, 4))
		require.Equal(t, providers.RotateKeysResult{Current: 14}, rotateAll(t, env.DB, ring, 0))

		only, err := ring.Retire(old.Keys()[0].ID)
		require.NoError(t, err)
		for name := range want {
			got, err := providers.Get(ctx, env.DB, providers.GetParams{Provider: name, AEAD: only, EvenDisabled: true})
			require.NoError(t, err)
			require.Equal(t, want[name], got.Key.Reveal())
			_, err = providers.Get(ctx, env.DB, providers.GetParams{Provider: name, AEAD: old, EvenDisabled: true})
			require.ErrorIs(t, err, providers.ErrDecrypt)
		}
		info, err := providers.Find(ctx, env.DB, providers.FindParams{Provider: "acme-03"})
		require.NoError(t, err)
		require.False(t, info.Enabled)
		require.True(t, noon.Equal(info.UpdatedAt), "a new encryption is no change of the provider")
	})
}

func TestRotateKeysGoesRoundWhatDoesNotDecrypt(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, ring := context.Background(), newRing(t)
		for i := range 5 {
			put(t, env.DB, map[bool]providers.AEAD{true: newRing(t), false: ring}[i%2 == 1], providers.Name(fmt.Sprint("acme-", i)), "key")
		}
		foreign := stored(t, env.DB, "acme-1")
		_, next := rotated(t, ring)
		got, err := providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: next})
		require.ErrorIs(t, err, providers.ErrDecrypt)
		require.ErrorContains(t, err, "acme-1")
		require.ErrorContains(t, err, "acme-3")
		require.Equal(t, &providers.RotateKeysResult{Rotated: 3, Failed: []providers.Name{"acme-1", "acme-3"}}, got)
		require.Equal(t, foreign, stored(t, env.DB, "acme-1"))

		for _, p := range []providers.RotateKeysParams{{}, {AEAD: next, Limit: list.MaxLimit + 1}, {AEAD: next, Cursor: "\xff"}, {AEAD: next, Cursor: "acme-04"}} {
			_, err := providers.RotateKeys(ctx, env.DB, p)
			require.ErrorIs(t, err, providers.ErrInvalid)
		}
	})
}

// TestRotateKeysToAnotherKeyset moves from one keyset to another one.
func TestRotateKeysToAnotherKeyset(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		old, fresh := newRing(t), newRing(t)
		put(t, env.DB, old, "kling", plaintext)
		put(t, env.DB, fresh, "openai", plaintext)
		both := providers.Either(fresh, newRing(t), old)
		require.Equal(t, plaintext, get(t, env.DB, both, "kling"))
		require.Equal(t, providers.RotateKeysResult{Rotated: 1, Current: 1}, rotateAll(t, env.DB, both, 0))
		require.Equal(t, plaintext, get(t, env.DB, fresh, "kling"))
		_, err := providers.Get(context.Background(), env.DB, providers.GetParams{Provider: "kling", AEAD: providers.Either(old, newRing(t))})
		require.ErrorIs(t, err, providers.ErrDecrypt)

		// An AEAD that cannot tell, such as a KMS, encrypts everything anew.
		kms := struct{ providers.AEAD }{fresh}
		require.Equal(t, providers.RotateKeysResult{Rotated: 2}, rotateAll(t, env.DB, kms, 1))
	})
}

// meddler is an AEAD that lets something happen before it encrypts.
type meddler struct {
	*testring.Ring
	before func()
}

func (m meddler) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	m.before()
	return m.Ring.Encrypt(plaintext, associatedData)
}

// TestRotateKeysNeverOverwrites stores a key, or deletes one, between the
// rotation's reading and writing.
func TestRotateKeysNeverOverwrites(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, old := context.Background(), newRing(t)
		added, ring := rotated(t, old)
		put(t, env.DB, old, "kling", "first")
		times := 0
		m := meddler{ring, func() {
			if times++; times == 1 {
				put(t, env.DB, added, "kling", "second") // of a process that still has the old primary
			}
		}}
		got, err := providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: m})
		require.NoError(t, err)
		require.Equal(t, &providers.RotateKeysResult{Rotated: 1}, got)
		require.Equal(t, 2, times)
		require.Equal(t, "second", get(t, env.DB, ring, "kling"))
		require.Equal(t, providers.RotateKeysResult{Current: 1}, rotateAll(t, env.DB, ring, 0))

		// Letters that differ in case only are another key.
		store(t, env.DB, "legacy", "KEY")
		times = 0
		m.before = func() {
			if times++; times == 1 {
				_, err := env.DB.ExecContext(ctx, "UPDATE ai_provider_keys SET api_key = 'key' WHERE provider_name = 'legacy'")
				require.NoError(t, err)
			}
		}
		got, err = providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: m})
		require.NoError(t, err)
		require.Equal(t, &providers.RotateKeysResult{Encrypted: 1, Current: 1}, got)
		require.Equal(t, "key", get(t, env.DB, ring, "legacy"))

		put(t, env.DB, old, "kling", "third")
		m.before = func() {
			_, err := providers.Delete(ctx, env.DB, providers.DeleteParams{Provider: "kling"})
			require.NoError(t, err)
		}
		got, err = providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: m})
		require.NoError(t, err)
		require.Equal(t, &providers.RotateKeysResult{Current: 1}, got)

		// One that never comes to rest is told about.
		put(t, env.DB, old, "kling", "fourth")
		m.before = func() { put(t, env.DB, old, "kling", "again") }
		got, err = providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: m})
		require.ErrorIs(t, err, providers.ErrBusy)
		require.Equal(t, []providers.Name{"kling"}, got.Failed)
		require.Equal(t, "again", get(t, env.DB, old, "kling"))
	})
}

// TestRotateKeysBesidePut runs several rotations beside writers that still have
// the old primary key and beside readers.
func TestRotateKeysBesidePut(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, old := context.Background(), newRing(t)
		added, ring := rotated(t, old)
		const n = 4
		var last [n]atomic.Int64
		for i := range n {
			put(t, env.DB, old, providers.Name(fmt.Sprint("acme-", i)), "0")
		}
		var all sync.WaitGroup
		for i := range n {
			name := providers.Name(fmt.Sprint("acme-", i))
			all.Go(func() {
				for round := int64(1); round <= 10; round++ {
					_, err := providers.Put(ctx, env.DB, providers.PutParams{
						Provider: name, Key: providers.NewSecret(fmt.Sprint(round)), AEAD: added,
					})
					if assert.NoError(t, err) {
						last[i].Store(round)
					}
				}
			})
			all.Go(func() {
				for range 10 {
					_, err := providers.Get(ctx, env.DB, providers.GetParams{Provider: name, AEAD: added, RefusePlaintext: true})
					assert.NoError(t, err)
				}
			})
			all.Go(func() {
				for range 3 {
					_, err := providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: ring})
					assert.True(t, err == nil || errors.Is(err, providers.ErrBusy), err)
				}
			})
		}
		all.Wait()
		rotateAll(t, env.DB, ring, 0)
		only, err := ring.Retire(old.Keys()[0].ID)
		require.NoError(t, err)
		for i := range n {
			require.Equal(t, fmt.Sprint(last[i].Load()), get(t, env.DB, only, providers.Name(fmt.Sprint("acme-", i))))
		}
	})
}

func TestRotateKeysInTheCallersTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, ring := context.Background(), newRing(t)
		store(t, env.DB, "legacy", plaintext)
		changedMind := errors.New("cancelled by the caller")
		require.ErrorIs(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			got, err := providers.RotateKeys(ctx, tx, providers.RotateKeysParams{AEAD: ring})
			require.NoError(t, err)
			require.Equal(t, 1, got.Encrypted)
			return changedMind
		}), changedMind)
		require.Equal(t, plaintext, stored(t, env.DB, "legacy"))
	})
}
