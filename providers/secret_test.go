package providers_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/providers"
)

const plaintext = "sk-proj-0123456789abcdefXYZ"

// requireHidden fails when text holds the plaintext in any usual form.
func requireHidden(t *testing.T, text string) {
	t.Helper()
	for _, form := range []string{
		plaintext, fmt.Sprintf("%x", plaintext), fmt.Sprintf("%X", plaintext), fmt.Sprintf("% x", plaintext),
		fmt.Sprintf("%d", []byte(plaintext)), plaintext[8:20], "c2stcHJva",
	} {
		require.NotContains(t, text, form)
	}
}

// carrier holds a secret in every way that a struct can.
type carrier struct {
	Exported   providers.Secret
	unexported providers.Secret
	Pointer    *providers.Secret
	Any        any
	List       []providers.Secret
	Map        map[string]providers.Secret
	Params     providers.PutParams
	Found      *providers.Credential
	Row        providers.Key
}

func newCarrier() carrier {
	s := providers.NewSecret(plaintext)
	return carrier{
		s, s, &s, s,
		[]providers.Secret{s},
		map[string]providers.Secret{"k": s},
		providers.PutParams{Key: s},
		&providers.Credential{Key: s},
		providers.Key{APIKey: plaintext},
	}
}

// listener is a test that keeps what is said about it.
type listener struct{ text string }

func (l *listener) Errorf(format string, args ...any) { l.text += fmt.Sprintf(format, args...) }

func TestSecretIsNotPrinted(t *testing.T) {
	c := newCarrier()
	for _, verb := range "vTtbcdoOqxXUeEfFgGs" {
		for _, flags := range []string{"", "+", "#", "-20", "020", " ", ".3", "+#"} {
			for _, v := range []any{
				c.Exported, c.Pointer, c, &c, c.List, c.Map, c.Params, c.Found, c.Row, c.Row.APIKey, &c.Row.APIKey,
			} {
				requireHidden(t, fmt.Sprintf("%"+flags+string(verb), v))
			}
		}
	}
	for _, v := range []any{c.Exported, c.List, c.Map, c.Params, c.Found} {
		requireHidden(t, fmt.Sprintf("%p", v)) // for which fmt calls no method
	}
	require.Equal(t, "[secret] [secret] [secret]", fmt.Sprintf("%v %#v %x", c.Exported, c.Exported, c.Exported))
	require.Equal(t, "[secret]", c.Exported.String())
	requireHidden(t, fmt.Sprint(c, &c, c.unexported))
	requireHidden(t, fmt.Errorf("calling: %v", c.Exported).Error())
	// Printers that go round every method, as test helpers do.
	other := newCarrier()
	for _, v := range [][2]any{
		{c.Exported, other.Exported},
		{c.Pointer, other.Pointer},
		{c.List, other.List},
		{c.Map, other.Map},
		{c.Params, other.Params},
		{c.Found, other.Found},
	} {
		said := new(listener)
		require.False(t, assert.Equal(said, v[0], v[1]), "no closure equals another")
		require.Contains(t, said.text, "Not equal")
		requireHidden(t, said.text)
	}
}

func TestSecretIsNotLogged(t *testing.T) {
	c := newCarrier()
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		logger := slog.New(handler)
		logger.Info("k", "secret", c.Exported, "pointer", c.Pointer, "carrier", c, "row", c.Row, "sealed", c.Row.APIKey)
		logger.With("secret", c.Exported).WithGroup("g").Info("k", slog.Any("list", c.List), slog.Any("map", c.Map))
	}
	log.New(&out, "", 0).Println(c.Exported, c, &c)
	require.Contains(t, out.String(), "[secret]")
	requireHidden(t, out.String())
}

func TestSecretIsNotMarshalled(t *testing.T) {
	c := newCarrier()
	for name, marshal := range map[string]func(any) ([]byte, error){
		"json": json.Marshal,
		"xml":  xml.Marshal,
		"gob": func(v any) ([]byte, error) {
			var out bytes.Buffer
			err := gob.NewEncoder(&out).Encode(v)
			return out.Bytes(), err
		},
	} {
		for _, v := range []any{
			c.Exported, c.Pointer, c.List,
			struct{ S providers.Secret }{c.Exported},
			struct{ S *providers.Secret }{c.Pointer},
			c.Found, c.Row.APIKey,
		} {
			text, err := marshal(v)
			requireHidden(t, string(text))
			if found, ok := v.(*providers.Credential); ok && name == "json" {
				require.NoError(t, err, "a result leaves its key out: %T", found)
				continue
			}
			require.Error(t, err, "%s %T", name, v)
			requireHidden(t, err.Error())
		}
	}
	_, err := json.Marshal(map[string]providers.Secret{"k": c.Exported})
	require.ErrorIs(t, err, providers.ErrSecret)
	text, err := json.Marshal(c.Row)
	require.NoError(t, err, "a row leaves its key out")
	requireHidden(t, string(text))
}

func TestSecretIsNotStored(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		s := providers.NewSecret(plaintext)
		var got sql.NullString
		err := env.DB.NewRaw("SELECT ?", s).Scan(ctx, &got)
		require.Error(t, err)
		requireHidden(t, err.Error())
		require.False(t, got.Valid)
		_, err = env.DB.DB.ExecContext(ctx, "SELECT ?", s)
		require.ErrorIs(t, err, providers.ErrSecret)
	})
}

func TestSecretKeepsWhatItHolds(t *testing.T) {
	require.NoError(t, quick.Check(func(text, other string) bool {
		s := providers.NewSecret(text)
		return s.Reveal() == text && s.IsZero() == (text == "") &&
			s.Equal(providers.NewSecret(text)) && s.Equal(providers.NewSecret(other)) == (text == other)
	}, nil))
	var zero providers.Secret
	require.Empty(t, zero.Reveal())
	require.Equal(t, "[secret]", fmt.Sprint(zero))
}

// leaky is an AEAD whose errors quote what it was given.
type leaky struct{}

func (leaky) Encrypt(plaintext, _ []byte) ([]byte, error) {
	return nil, errors.New("cannot encrypt " + string(plaintext))
}
func (leaky) Decrypt([]byte, []byte) ([]byte, error) { return nil, errors.New("kms: unavailable") }

func TestErrorsHoldNoKey(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		check := func(err error, sentinel error) {
			t.Helper()
			require.ErrorIs(t, err, sentinel)
			for chain := []error{err}; len(chain) > 0; chain = chain[1:] {
				requireHidden(t, fmt.Sprintf("%v %+v %#v", chain[0], chain[0], chain[0]))
				switch u := chain[0].(type) { //nolint:errorlint // every link is looked at
				case interface{ Unwrap() error }:
					if next := u.Unwrap(); next != nil {
						chain = append(chain, next)
					}
				case interface{ Unwrap() []error }:
					chain = append(chain, u.Unwrap()...)
				}
			}
		}
		put := func(p providers.PutParams) error { _, err := providers.Put(ctx, env.DB, p); return err }
		ring := newRing(t)
		check(put(providers.PutParams{Provider: "acme", Key: providers.NewSecret(plaintext), AEAD: leaky{}}), providers.ErrEncrypt)
		for _, key := range []string{plaintext + "\n", " " + plaintext, plaintext + "\x00", plaintext + "\xff", strings.Repeat(plaintext, 1000)} {
			check(put(providers.PutParams{Provider: "acme", Key: providers.NewSecret(key), AEAD: ring}), providers.ErrInvalid)
		}
		require.NoError(t, put(providers.PutParams{Provider: "acme", Key: providers.NewSecret(plaintext), AEAD: ring}))
		_, err := providers.Get(ctx, env.DB, providers.GetParams{Provider: "acme", AEAD: newRing(t)})
		check(err, providers.ErrDecrypt)
		_, err = providers.Get(ctx, env.DB, providers.GetParams{Provider: "acme", AEAD: leaky{}})
		check(err, providers.ErrDecrypt)
		require.ErrorContains(t, err, "kms: unavailable", "a KMS's trouble is told")
		store(t, env.DB, "legacy", plaintext)
		_, err = providers.Get(ctx, env.DB, providers.GetParams{Provider: "legacy", AEAD: ring, RefusePlaintext: true})
		check(err, providers.ErrPlaintext)
		_, err = providers.RotateKeys(ctx, env.DB, providers.RotateKeysParams{AEAD: leaky{}})
		check(err, providers.ErrEncrypt)
		_, err = env.DB.ExecContext(ctx, "DROP TABLE ai_provider_keys")
		require.NoError(t, err)
		require.Error(t, put(providers.PutParams{Provider: "acme", Key: providers.NewSecret(plaintext), AEAD: ring}))
		requireHidden(t, fmt.Sprintf("%+v", put(providers.PutParams{Provider: "acme", Key: providers.NewSecret(plaintext), AEAD: ring})))
	})
}
