package providers_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/testring"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/providers"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func newRing(t testing.TB) *testring.Ring {
	t.Helper()
	ring, err := testring.New()
	require.NoError(t, err)
	return ring
}

// store writes a row as another program would.
func store(t *testing.T, db bun.IDB, name, apiKey string) {
	t.Helper()
	_, err := db.ExecContext(context.Background(),
		"INSERT INTO ai_provider_keys (provider_name, api_key) VALUES (?, ?)", name, apiKey)
	require.NoError(t, err)
}

// stored returns what a row holds.
func stored(t *testing.T, db bun.IDB, name providers.Name) string {
	t.Helper()
	var text string
	require.NoError(t, db.NewRaw("SELECT api_key FROM ai_provider_keys WHERE provider_name = ?", name).
		Scan(context.Background(), &text))
	return text
}

func get(t *testing.T, db bun.IDB, aead providers.AEAD, name providers.Name) string {
	t.Helper()
	got, err := providers.Get(context.Background(), db, providers.GetParams{Provider: name, AEAD: aead})
	require.NoError(t, err)
	return got.Key.Reveal()
}

func put(t *testing.T, db bun.IDB, aead providers.AEAD, name providers.Name, key string) {
	t.Helper()
	_, err := providers.Put(context.Background(), db, providers.PutParams{
		Provider: name, Key: providers.NewSecret(key), AEAD: aead, At: noon,
	})
	require.NoError(t, err)
}

func TestPutAndGet(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, ring := context.Background(), newRing(t)
		p := providers.PutParams{
			Provider: providers.Kling, Key: providers.NewSecret("ключ: 'x' \\ \" ? 🦎"), AEAD: ring,
			ModelConfig: ` {"models": ["kling-v1"], "note": "'\\ ? 🦎"}`, At: noon,
		}
		made, err := providers.Put(ctx, env.DB, p)
		require.NoError(t, err)
		require.Equal(t, &providers.Info{
			Provider: "kling", Enabled: true, State: providers.KeySealed,
			ModelConfig: p.ModelConfig, CreatedAt: noon, UpdatedAt: noon,
		}, made)
		require.Regexp(t, `^chameleon\.sealed\.v1\.[A-Za-z0-9_-]+$`, stored(t, env.DB, "kling"))

		got, err := providers.Get(ctx, env.DB, providers.GetParams{Provider: providers.Kling, AEAD: ring, RefusePlaintext: true})
		require.NoError(t, err)
		require.Equal(t, p.Key.Reveal(), got.Key.Reveal())
		require.Equal(t, p.ModelConfig, got.ModelConfig)

		// A new key leaves what it does not name: the configuration and the
		// switch.
		_, err = providers.Disable(ctx, env.DB, providers.SwitchParams{Provider: providers.Kling, At: noon.Add(time.Minute)})
		require.NoError(t, err)
		before := stored(t, env.DB, "kling")
		p.Key, p.ModelConfig, p.At = providers.NewSecret("second"), "", noon.Add(time.Hour)
		again, err := providers.Put(ctx, env.DB, p)
		require.NoError(t, err)
		require.False(t, again.Enabled)
		require.Equal(t, made.ModelConfig, again.ModelConfig)
		require.NotEqual(t, before, stored(t, env.DB, "kling"))
		_, err = providers.Get(ctx, env.DB, providers.GetParams{Provider: providers.Kling, AEAD: ring})
		require.ErrorIs(t, err, providers.ErrDisabled)
		got, err = providers.Get(ctx, env.DB, providers.GetParams{Provider: providers.Kling, AEAD: ring, EvenDisabled: true})
		require.NoError(t, err)
		require.Equal(t, "second", got.Key.Reveal())

		p.Enabled, p.ModelConfig = new(true), "{}"
		again, err = providers.Put(ctx, env.DB, p)
		require.NoError(t, err)
		require.True(t, again.Enabled)
		require.Equal(t, "{}", again.ModelConfig)
		require.True(t, noon.Equal(again.CreatedAt))

		p.Provider, p.Enabled = "acme", new(false)
		other, err := providers.Put(ctx, env.DB, p)
		require.NoError(t, err)
		require.False(t, other.Enabled)
		var missing *providers.NotFoundError
		_, err = providers.Get(ctx, env.DB, providers.GetParams{Provider: "nobody", AEAD: ring})
		require.ErrorAs(t, err, &missing)
		require.Equal(t, "nobody", missing.Value)
		require.EqualError(t, err, "AI provider not found: Provider nobody")
	})
}

func TestPutRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		type params = providers.PutParams
		ctx, ring := context.Background(), newRing(t)
		for field, changes := range map[string][]func(*params){
			"Provider": {
				func(p *params) { p.Provider = "" }, func(p *params) { p.Provider = "Kling" },
				func(p *params) { p.Provider = "a b" },
			},
			"AEAD": {func(p *params) { p.AEAD = nil }},
			"Key": {
				func(p *params) { p.Key = providers.Secret{} }, func(p *params) { p.Key = providers.NewSecret(" ") },
				func(p *params) { p.Key = providers.NewSecret("chameleon.sealed.v1.AAAA") },
			},
			"ModelConfig": {
				func(p *params) { p.ModelConfig = "not json" }, func(p *params) { p.ModelConfig = "[]" },
				func(p *params) { p.ModelConfig = "null" }, func(p *params) { p.ModelConfig = "{} {}" },
				func(p *params) { p.ModelConfig = `{"a":1` }, func(p *params) { p.ModelConfig = "{\"a\":\"\x00\"}" },
				func(p *params) { p.ModelConfig = `{"a":"` + strings.Repeat("x", 65_536) + `"}` },
			},
			"At": {func(p *params) { p.At = time.Unix(-1, 0) }},
		} {
			for _, change := range changes {
				p := params{Provider: "kling", Key: providers.NewSecret(plaintext), AEAD: ring}
				change(&p)
				_, err := providers.Put(ctx, env.DB, p)
				var invalid *providers.InvalidError
				require.ErrorAs(t, err, &invalid, field)
				require.Equal(t, field, invalid.Field)
			}
		}
		n, err := env.DB.NewSelect().Model((*providers.Key)(nil)).Count(ctx)
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestChanges(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, ring := context.Background(), newRing(t)
		put(t, env.DB, ring, "kling", plaintext)
		sealed := stored(t, env.DB, "kling")
		later := noon.Add(time.Hour)
		// In the caller's transaction, which survives every refusal.
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := providers.Enable(ctx, tx, providers.SwitchParams{Provider: "nobody"})
			require.ErrorIs(t, err, providers.ErrNotFound)
			_, err = providers.SetModelConfig(ctx, tx, providers.SetModelConfigParams{
				Provider: "kling", ModelConfig: `{"prices": {"video": {"a": 1, "a": 2}}}`,
			})
			require.ErrorContains(t, err, "prices.video.a twice")
			_, err = providers.SetModelConfig(ctx, tx, providers.SetModelConfigParams{Provider: "kling", ModelConfig: "x"})
			require.ErrorIs(t, err, providers.ErrInvalid)
			_, err = providers.Delete(ctx, tx, providers.DeleteParams{Provider: "nobody"})
			require.ErrorIs(t, err, providers.ErrNotFound)
			_, err = providers.Get(ctx, tx, providers.GetParams{Provider: "kling", AEAD: newRing(t)})
			require.ErrorIs(t, err, providers.ErrDecrypt)

			for _, on := range []bool{true, false, false, true} {
				verb := map[bool]func(context.Context, bun.IDB, providers.SwitchParams) (*providers.Info, error){
					true: providers.Enable, false: providers.Disable,
				}[on]
				info, err := verb(ctx, tx, providers.SwitchParams{Provider: "kling", At: later})
				require.NoError(t, err)
				require.Equal(t, on, info.Enabled)
				found, err := providers.Find(ctx, tx, providers.FindParams{Provider: "kling"})
				require.NoError(t, err)
				require.Equal(t, on, found.Enabled)
				require.Equal(t, providers.KeySealed, found.State)
			}
			info, err := providers.SetModelConfig(ctx, tx, providers.SetModelConfigParams{Provider: "kling", ModelConfig: `{"a":1}`, At: later})
			require.NoError(t, err)
			require.Equal(t, `{"a":1}`, info.ModelConfig)
			return nil
		}))
		found, err := providers.Find(ctx, env.DB, providers.FindParams{Provider: "kling"})
		require.NoError(t, err)
		require.Equal(t, &providers.Info{
			Provider: "kling", Enabled: true, State: providers.KeySealed, ModelConfig: `{"a":1}`, CreatedAt: noon, UpdatedAt: later,
		}, found)
		require.Equal(t, sealed, stored(t, env.DB, "kling"))
		require.Equal(t, plaintext, get(t, env.DB, ring, "kling"))

		gone, err := providers.Delete(ctx, env.DB, providers.DeleteParams{Provider: "kling"})
		require.NoError(t, err)
		require.Equal(t, found.ModelConfig, gone.ModelConfig)
		_, err = providers.Find(ctx, env.DB, providers.FindParams{Provider: "kling"})
		require.ErrorIs(t, err, providers.ErrNotFound)
		_, err = providers.Find(ctx, env.DB, providers.FindParams{Provider: " "})
		require.ErrorIs(t, err, providers.ErrInvalid)
	})
}

func TestList(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, ring := context.Background(), newRing(t)
		for i := range 25 {
			p := providers.PutParams{
				Provider: providers.Name(fmt.Sprintf("acme-%02d", i)), Key: providers.NewSecret(plaintext), AEAD: ring,
				Enabled: new(i%2 == 0),
			}
			_, err := providers.Put(ctx, env.DB, p)
			require.NoError(t, err)
		}
		store(t, env.DB, "legacy", plaintext)
		store(t, env.DB, "empty", "")
		for enabled, want := range map[bool]int{false: 27, true: 15} {
			var names []string
			states := map[providers.KeyState]int{}
			for p := (providers.ListParams{Enabled: enabled, Limit: 10}); ; {
				page, err := providers.List(ctx, env.DB, p)
				require.NoError(t, err)
				requireHidden(t, fmt.Sprintf("%+v", page))
				for _, info := range page.Items {
					names = append(names, string(info.Provider))
					states[info.State]++
				}
				if p.Cursor = page.Next; p.Cursor == "" {
					break
				}
				require.Len(t, page.Items, 10)
			}
			require.Len(t, names, want)
			require.IsIncreasing(t, names)
			require.Equal(t, map[providers.KeyState]int{
				providers.KeySealed: want - 2, providers.KeyPlaintext: 1, providers.KeyMissing: 1,
			}, states)
		}
		for _, p := range []providers.ListParams{{Limit: -1}, {Limit: list.MaxLimit + 1}, {Cursor: "\x00"}, {Cursor: "acme"}, {Cursor: strings.Repeat("x", 51)}} {
			_, err := providers.List(ctx, env.DB, p)
			require.ErrorIs(t, err, providers.ErrInvalid)
		}
	})
}

// TestSealIsBoundToItsRow is an attacker, or an accident, in the database.
func TestSealIsBoundToItsRow(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, ring := context.Background(), newRing(t)
		put(t, env.DB, ring, "openai", "key of openai")
		put(t, env.DB, ring, "kling", "key of kling")
		openai, kling := stored(t, env.DB, "openai"), stored(t, env.DB, "kling")
		set := func(name providers.Name, text string) {
			_, err := env.DB.ExecContext(ctx, "UPDATE ai_provider_keys SET api_key = ? WHERE provider_name = ?", text, name)
			require.NoError(t, err)
		}
		fails := func(name providers.Name) {
			_, err := providers.Get(ctx, env.DB, providers.GetParams{Provider: name, AEAD: ring})
			var own *providers.Error
			require.ErrorAs(t, err, &own)
			require.ErrorIs(t, err, providers.ErrDecrypt)
			require.Equal(t, name, own.Provider)
		}
		set("openai", kling)
		set("kling", openai)
		fails("openai")
		fails("kling")
		for _, text := range []string{
			"chameleon.sealed.", "chameleon.sealed.v1.", "chameleon.sealed.v1", "chameleon.sealed.v1.!", "chameleon.sealed.v2.AAAA",
			openai[:len(openai)-1], openai + "A", openai + " ", openai[:30] + "A" + openai[31:] + "=",
			strings.Replace(openai, "v1", "v9", 1),
		} {
			set("openai", text)
			fails("openai")
		}
		set("openai", openai)
		require.Equal(t, "key of openai", get(t, env.DB, ring, "openai"))

		// What lacks the prefix is what another program stored.
		for _, text := range []string{"sk-x", "chameleon", base64.StdEncoding.EncodeToString([]byte(openai)), " " + openai} {
			set("openai", text)
			require.Equal(t, text, get(t, env.DB, ring, "openai"))
		}
		set("openai", "")
		_, err := providers.Get(ctx, env.DB, providers.GetParams{Provider: "openai", AEAD: ring})
		require.ErrorIs(t, err, providers.ErrNoKey)
	})
}

// TestNamesOfAdoptedRows reads rows that Put would not have made.
func TestNamesOfAdoptedRows(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, ring := context.Background(), newRing(t)
		store(t, env.DB, "OpenAI (EU)", "plain")
		require.Equal(t, "plain", get(t, env.DB, ring, "OpenAI (EU)"))
		_, err := providers.Find(ctx, env.DB, providers.FindParams{Provider: "openai (eu)"})
		require.ErrorIs(t, err, providers.ErrNotFound)
		_, err = providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: ring})
		require.NoError(t, err)
		require.Equal(t, "plain", get(t, env.DB, ring, "OpenAI (EU)"))
	})
}

func TestPutConcurrently(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, ring := context.Background(), newRing(t)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := providers.Put(ctx, env.DB, providers.PutParams{
					Provider: "kling", Key: providers.NewSecret(fmt.Sprint("key ", i)), AEAD: ring,
				})
				assert.NoError(t, err)
			})
		}
		all.Wait()
		require.Regexp(t, `^key \d+$`, get(t, env.DB, ring, "kling"))
		n, err := env.DB.NewSelect().Model((*providers.Key)(nil)).Count(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, int(n))
	})
}

// TestTinkIsNotLinked keeps Tink out of programs that do not encrypt
// providers' keys.
func TestTinkIsNotLinked(t *testing.T) {
	const module = "github.com/chameleon-go/chameleon/"
	for _, name := range []string{"providers", "generations", "credits"} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+name).CombinedOutput()
		require.NoError(t, err, string(out))
		require.NotContains(t, string(out), "tink-crypto", name)
	}
}
