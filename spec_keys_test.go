package chameleon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/testring"
	"github.com/chameleon-go/chameleon/providers"
)

const plaintext = "sk-proj-SECRET0123456789"

var keyRules = []rule{
	{name: "user_key_has_a_name_is_shown_once_and_stored_hashed", holds: func(t *testing.T, env *enginetest.Env) {
		made := newKey(t, env.DB, "laptop")
		assert.Equal(t, "laptop", made.Info.Name)
		secret := made.Secret.Reveal()
		var column string
		require.NoError(t, env.DB.NewSelect().Model((*apikeys.Key)(nil)).Column("key").Where("id = ?", made.Info.ID).Scan(t.Context(), &column))
		assert.Regexp(t, `^sha256:[0-9a-f]{64}$`, column)
		for _, shown := range []any{made, ok(apikeys.Get(t.Context(), env.DB, apikeys.GetParams{ID: made.Info.ID}))(t)} {
			assert.NotContains(t, fmt.Sprintf("%+v %#v", shown, shown), secret)
		}
	}},
	{name: "user_keys_are_listed_by_prefix_created_and_last_used", holds: func(t *testing.T, env *enginetest.Env) {
		made := newKey(t, env.DB, "phone")
		at := lastDay.Add(time.Hour)
		ok(apikeys.Authenticate(t.Context(), env.DB, apikeys.AuthenticateParams{Key: made.Secret, At: at}))(t)
		list := ok(apikeys.List(t.Context(), env.DB, apikeys.ListParams{UserUUID: made.Info.UserUUID}))(t).Items
		require.Len(t, list, 1)
		assert.Greater(t, len(list[0].Prefix), len(apikeys.DefaultPrefix))
		assert.True(t, strings.HasPrefix(made.Secret.Reveal(), list[0].Prefix))
		sameTime(t, lastDay, list[0].CreatedAt)
		sameTime(t, at, list[0].LastUsedAt)
	}},
	{name: "user_key_is_active_or_revoked", holds: func(t *testing.T, env *enginetest.Env) {
		made := newKey(t, env.DB, "server")
		assert.Equal(t, apikeys.StatusActive, made.Info.Status)
		who := ok(apikeys.Authenticate(t.Context(), env.DB, apikeys.AuthenticateParams{Key: made.Secret}))(t)
		assert.Equal(t, made.Info.UserUUID, who.Key.UserUUID)
		revoked := ok(apikeys.Revoke(t.Context(), env.DB, apikeys.RevokeParams{ID: made.Info.ID}))(t)
		assert.Equal(t, apikeys.StatusRevoked, revoked.Key.Status)
		_, err := apikeys.Authenticate(t.Context(), env.DB, apikeys.AuthenticateParams{Key: made.Secret})
		require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
	}},
	{name: "user_key_is_sent_as_x_api_key", holds: func(t *testing.T, env *enginetest.Env) {
		made := newKey(t, env.DB, "curl")
		r := ok(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com", nil))(t)
		r.Header.Set("X-API-Key", made.Secret.Reveal())
		who := ok(apikeys.Authenticate(t.Context(), env.DB, apikeys.AuthenticateParams{Key: apikeys.FromRequest(r)}))(t)
		assert.Equal(t, made.Info.ID, who.Key.ID)
	}},
	{name: "checking_a_user_key_is_one_read", holds: func(t *testing.T, env *enginetest.Env) {
		made := newKey(t, env.DB, "hot")
		ok(apikeys.Authenticate(t.Context(), env.DB, apikeys.AuthenticateParams{Key: made.Secret, At: lastDay}))(t)
		count := new(counter)
		p := apikeys.AuthenticateParams{Key: made.Secret, At: lastDay.Add(30 * time.Second)}
		ok(apikeys.Authenticate(t.Context(), env.DB.WithQueryHook(count), p))(t)
		assert.Equal(t, []string{"SELECT"}, count.operations)
	}},
	{name: "plaintext_user_key_is_hashed_at_first_use", holds: func(t *testing.T, env *enginetest.Env) {
		row := &apikeys.Key{Key: plaintext, UserUUID: member(t, env.DB).UUID, Status: apikeys.StatusCreated}
		ok(env.DB.NewInsert().Model(row).Exec(t.Context()))(t)
		for range 2 {
			p := apikeys.AuthenticateParams{Key: apikeys.NewSecret(plaintext)}
			assert.Equal(t, row.UserUUID, ok(apikeys.Authenticate(t.Context(), env.DB, p))(t).Key.UserUUID)
			var column string
			require.NoError(t, env.DB.NewSelect().Model(row).Column("key").Where("user_uuid = ?", row.UserUUID).Scan(t.Context(), &column))
			assert.Regexp(t, `^sha256:[0-9a-f]{64}$`, column)
		}
	}},
	{name: "provider_names_are_an_open_set", holds: func(t *testing.T, env *enginetest.Env) {
		ring := ok(testring.New())(t)
		for _, name := range []providers.Name{"openai", "deepseek", "kling", "seedance", "replicate", "openrouter", "siliconflow", "our-own"} {
			put(t, env.DB, ring, name)
		}
		assert.Len(t, ok(providers.List(t.Context(), env.DB, providers.ListParams{}))(t).Items, 8)
	}},
	{name: "provider_has_one_key", holds: func(t *testing.T, env *enginetest.Env) {
		ring := ok(testring.New())(t)
		put(t, env.DB, ring, "single")
		ok(providers.Put(t.Context(), env.DB, providers.PutParams{Provider: "single", Key: providers.NewSecret("sk-second"), AEAD: ring}))(t)
		assert.Equal(t, "sk-second", open(t, env.DB, ring, "single"))
		n := ok(env.DB.NewSelect().Model((*providers.Key)(nil)).Where("provider_name = 'single'").Count(t.Context()))(t)
		assert.EqualValues(t, 1, n)
	}},
	{name: "provider_key_is_encrypted_and_bound_to_its_name", holds: func(t *testing.T, env *enginetest.Env) {
		ring := ok(testring.New())(t)
		put(t, env.DB, ring, "bound")
		put(t, env.DB, ring, "thief")
		column := sealed(t, env.DB, "bound")
		assert.True(t, strings.HasPrefix(column, "chameleon.sealed."))
		assert.NotContains(t, column, "SECRET")
		ok(env.DB.NewUpdate().Model((*providers.Key)(nil)).Set("api_key = ?", column).Where("provider_name = 'thief'").Exec(t.Context()))(t)
		_, err := providers.Get(t.Context(), env.DB, providers.GetParams{Provider: "thief", AEAD: ring})
		require.ErrorIs(t, err, providers.ErrDecrypt)
		assert.Equal(t, plaintext, open(t, env.DB, ring, "bound"))
		ok(providers.Delete(t.Context(), env.DB, providers.DeleteParams{Provider: "thief"}))(t)
	}},
	{name: "provider_keys_rotate_without_downtime", holds: func(t *testing.T, env *enginetest.Env) { rotates(t, env) }},
	{name: "provider_has_model_config_and_a_switch", holds: func(t *testing.T, env *enginetest.Env) {
		ring := ok(testring.New())(t)
		put(t, env.DB, ring, "switched")
		_, err := providers.SetModelConfig(t.Context(), env.DB, providers.SetModelConfigParams{Provider: "switched", ModelConfig: "{no JSON"})
		require.ErrorIs(t, err, providers.ErrInvalid)
		info := ok(providers.SetModelConfig(t.Context(), env.DB, providers.SetModelConfigParams{Provider: "switched", ModelConfig: `{"a": 1}`}))(t)
		assert.JSONEq(t, `{"a": 1}`, info.ModelConfig)
		assert.True(t, info.Enabled)
		ok(providers.Disable(t.Context(), env.DB, providers.SwitchParams{Provider: "switched"}))(t)
		_, err = providers.Get(t.Context(), env.DB, providers.GetParams{Provider: "switched", AEAD: ring})
		require.ErrorIs(t, err, providers.ErrDisabled)
		ok(providers.Enable(t.Context(), env.DB, providers.SwitchParams{Provider: "switched"}))(t)
		assert.Equal(t, plaintext, open(t, env.DB, ring, "switched"))
	}},
	{name: "plaintext_never_appears_in_lists_logs_or_errors", holds: func(t *testing.T, env *enginetest.Env) {
		ring := ok(testring.New())(t)
		put(t, env.DB, ring, "quiet")
		got := ok(providers.Get(t.Context(), env.DB, providers.GetParams{Provider: "quiet", AEAD: ring}))(t)
		list := ok(providers.List(t.Context(), env.DB, providers.ListParams{}))(t)
		_, wrong := providers.Get(t.Context(), env.DB, providers.GetParams{Provider: "quiet", AEAD: ok(testring.New())(t)})
		require.ErrorIs(t, wrong, providers.ErrDecrypt)
		text, marshaled := json.Marshal(got.Key)
		require.ErrorIs(t, marshaled, providers.ErrSecret)
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("a key", "credential", got, "key", got.Key, "list", list, "err", wrong)
		assert.Contains(t, log.String(), "quiet")
		all := log.String() + fmt.Sprintf("%v %+v %#v %s", got, got, got, text) + fmt.Sprintf("%+v %#v", list, list) + wrong.Error() + marshaled.Error()
		assert.NotContains(t, all, "SECRET")
	}},
	{name: "plaintext_provider_key_is_encrypted_by_rotation", holds: func(t *testing.T, env *enginetest.Env) {
		ok(env.DB.NewDelete().Model((*providers.Key)(nil)).Where("1 = 1").Exec(t.Context()))(t) // sealed by other keysets
		ok(env.DB.NewInsert().Model(&providers.Key{ProviderName: "legacy", APIKey: plaintext, IsEnabled: true}).Exec(t.Context()))(t)
		ring := ok(testring.New())(t)
		assert.Equal(t, plaintext, open(t, env.DB, ring, "legacy"))
		r := ok(providers.RotateKeys(t.Context(), env.DB, providers.RotateKeysParams{AEAD: ring}))(t)
		assert.Equal(t, 1, r.Encrypted)
		assert.NotContains(t, sealed(t, env.DB, "legacy"), "SECRET")
		assert.Equal(t, plaintext, open(t, env.DB, ring, "legacy"))
	}},
}

// rotates changes the encryption key, and reads with every ring that processes
// have at each step.
func rotates(t *testing.T, env *enginetest.Env) {
	t.Helper()
	ok(env.DB.NewDelete().Model((*providers.Key)(nil)).Where("1 = 1").Exec(t.Context()))(t) // sealed by other keysets
	first := ok(testring.New())(t)
	put(t, env.DB, first, "rotated")
	added := ok(first.Add())(t)
	promoted := ok(added.Promote())(t)
	before := sealed(t, env.DB, "rotated")
	read := func(rings ...*testring.Ring) {
		for _, ring := range rings {
			assert.Equal(t, plaintext, open(t, env.DB, ring, "rotated"))
		}
	}
	read(first, added, promoted)
	r := ok(providers.RotateKeys(t.Context(), env.DB, providers.RotateKeysParams{AEAD: promoted}))(t)
	assert.Equal(t, 1, r.Rotated)
	assert.Empty(t, r.Next)
	assert.NotEqual(t, before, sealed(t, env.DB, "rotated"))
	read(added, promoted, ok(promoted.Retire(first.Keys()[0].ID))(t))
}

func newKey(t *testing.T, db bun.IDB, name string) *apikeys.CreateResult {
	t.Helper()
	return ok(apikeys.Create(t.Context(), db, apikeys.CreateParams{UserUUID: member(t, db).UUID, Name: name, At: lastDay}))(t)
}

func put(t *testing.T, db bun.IDB, ring *testring.Ring, name providers.Name) {
	t.Helper()
	ok(providers.Put(t.Context(), db, providers.PutParams{Provider: name, Key: providers.NewSecret(plaintext), AEAD: ring}))(t)
}

// open returns a provider's key.
func open(t *testing.T, db bun.IDB, ring *testring.Ring, name providers.Name) string {
	t.Helper()
	return ok(providers.Get(t.Context(), db, providers.GetParams{Provider: name, AEAD: ring}))(t).Key.Reveal()
}

// sealed returns what is stored of it.
func sealed(t *testing.T, db bun.IDB, name providers.Name) (column string) {
	t.Helper()
	require.NoError(t, db.NewSelect().Model((*providers.Key)(nil)).Column("api_key").Where("provider_name = ?", name).Scan(t.Context(), &column))
	return column
}

// counter notes what is asked of the database.
type counter struct{ operations []string }

func (c *counter) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	c.operations = append(c.operations, event.Operation())
	return ctx
}

func (*counter) AfterQuery(context.Context, *bun.QueryEvent) {}
