package keyring_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/providers/keyring"
)

var (
	_ providers.AEAD = (*keyring.Ring)(nil)
	_ tink.AEAD      = (*keyring.Ring)(nil)
	_ providers.AEAD = tink.AEAD(nil)
)

func newRing(t testing.TB) *keyring.Ring {
	t.Helper()
	ring, err := keyring.New()
	require.NoError(t, err)
	return ring
}

func export(t testing.TB, ring *keyring.Ring) string {
	t.Helper()
	text, err := ring.Export()
	require.NoError(t, err)
	return text.Reveal()
}

// opens reports whether a ring decrypts what another one encrypted.
func opens(t *testing.T, with, by *keyring.Ring) bool {
	t.Helper()
	ciphertext, err := by.Encrypt([]byte("key"), []byte("kling"))
	require.NoError(t, err)
	plaintext, err := with.Decrypt(ciphertext, []byte("kling"))
	if err == nil {
		require.Equal(t, "key", string(plaintext))
		_, err := with.Decrypt(ciphertext, []byte("openai"))
		require.Error(t, err)
	}
	return err == nil
}

func TestParse(t *testing.T) {
	ring := newRing(t)
	text := export(t, ring)
	require.NotContains(t, text, "\n")
	var binary bytes.Buffer
	require.NoError(t, insecurecleartextkeyset.Write(ring.Handle(), keyset.NewBinaryWriter(&binary)))
	std := base64.StdEncoding.EncodeToString([]byte(text))
	for _, form := range []string{
		text, "\n " + text + "\n", std, strings.TrimRight(std, "="), std[:40] + "\n" + std[40:] + "\n",
		base64.URLEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString(binary.Bytes()),
		base64.StdEncoding.EncodeToString(binary.Bytes()),
	} {
		got, err := keyring.Parse(form)
		require.NoError(t, err, form)
		require.True(t, opens(t, got, ring))
		require.True(t, opens(t, ring, got))
	}
	require.False(t, opens(t, newRing(t), ring))

	signer, err := keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate())
	require.NoError(t, err)
	var other bytes.Buffer
	require.NoError(t, insecurecleartextkeyset.Write(signer, keyset.NewJSONWriter(&other)))
	for _, form := range []string{
		"", " ", "{}", "{", "x", "AAAA", "not a keyset", text[:len(text)/2], `{"primaryKeyId":1,"key":[]}`, other.String(),
		strings.Replace(text, "AesGcmKey", "NoSuchKey", 1),
	} {
		_, err := keyring.Parse(form)
		require.ErrorIs(t, err, keyring.ErrMalformed, form)
		require.EqualError(t, err, keyring.ErrMalformed.Error())
	}
	_, err = keyring.FromHandle(nil)
	require.ErrorIs(t, err, keyring.ErrMalformed)
	_, err = keyring.FromHandle(signer)
	require.ErrorIs(t, err, keyring.ErrMalformed)
}

func FuzzParse(f *testing.F) {
	f.Add("")
	f.Add("{}")
	f.Add(export(f, newRing(f)))
	f.Add(base64.StdEncoding.EncodeToString([]byte(export(f, newRing(f)))))
	f.Fuzz(func(t *testing.T, text string) {
		ring, err := keyring.Parse(text)
		if err != nil {
			require.EqualError(t, err, keyring.ErrMalformed.Error())
			return
		}
		require.True(t, opens(t, ring, ring))
	})
}

func TestFromEnv(t *testing.T) {
	require.Equal(t, "CHAMELEON_KEYSET", keyring.EnvName)
	t.Setenv(keyring.EnvName, "")
	_, err := keyring.FromEnv()
	require.ErrorIs(t, err, keyring.ErrMissing)
	require.NoError(t, os.Unsetenv(keyring.EnvName))
	_, err = keyring.FromEnv()
	require.ErrorIs(t, err, keyring.ErrMissing)

	ring := newRing(t)
	t.Setenv(keyring.EnvName, export(t, ring))
	got, err := keyring.FromEnv()
	require.NoError(t, err)
	require.True(t, opens(t, got, ring))

	t.Setenv(keyring.EnvName, export(t, ring)+"}")
	_, err = keyring.FromEnv()
	require.ErrorIs(t, err, keyring.ErrMalformed)
	require.ErrorContains(t, err, keyring.EnvName)
	require.NotContains(t, err.Error(), "value")
}

func TestRotation(t *testing.T) {
	ring := newRing(t)
	old := ring.Keys()[0]
	require.Equal(t, keyring.KeyInfo{ID: old.ID, Primary: true, Enabled: true}, old)
	_, err := ring.Promote()
	require.ErrorIs(t, err, keyring.ErrKey, "the newest is the primary already")

	added, err := ring.Add()
	require.NoError(t, err)
	require.Len(t, added.Keys(), 2)
	require.Len(t, ring.Keys(), 1, "a ring never changes")
	require.Equal(t, old, added.Keys()[0])
	fresh := added.Keys()[1]
	require.False(t, fresh.Primary)
	require.True(t, opens(t, ring, added), "it still encrypts with the old key")

	promoted, err := added.Promote()
	require.NoError(t, err)
	require.True(t, promoted.Keys()[1].Primary)
	require.False(t, opens(t, ring, promoted))
	require.True(t, opens(t, added, promoted))
	require.True(t, opens(t, promoted, ring))

	_, err = promoted.Retire(fresh.ID)
	require.ErrorIs(t, err, keyring.ErrKey, "the primary stays")
	_, err = promoted.Retire(old.ID ^ fresh.ID)
	require.ErrorIs(t, err, keyring.ErrKey)
	only, err := promoted.Retire(old.ID)
	require.NoError(t, err)
	require.True(t, opens(t, only, promoted))
	require.False(t, opens(t, only, ring))

	ciphertext, err := ring.Encrypt([]byte("key"), nil)
	require.NoError(t, err)
	require.True(t, ring.Current(ciphertext))
	require.True(t, added.Current(ciphertext))
	require.False(t, promoted.Current(ciphertext))
	require.False(t, ring.Current(nil))
}

// TestKeysWithoutPrefix has keys whose ciphertexts do not tell which one made
// them: they are always encrypted anew.
func TestKeysWithoutPrefix(t *testing.T) {
	handle, err := keyset.NewHandle(aead.AES256GCMNoPrefixKeyTemplate())
	require.NoError(t, err)
	ring, err := keyring.FromHandle(handle)
	require.NoError(t, err)
	require.True(t, opens(t, ring, ring))
	ciphertext, err := ring.Encrypt([]byte("key"), nil)
	require.NoError(t, err)
	require.False(t, ring.Current(ciphertext))
}

// TestOtherKeyTypes accepts whatever Tink calls an AEAD.
func TestOtherKeyTypes(t *testing.T) {
	for name, template := range map[string]func() *keyset.Handle{
		"xchacha": func() *keyset.Handle {
			h, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
			require.NoError(t, err)
			return h
		},
		"siv": func() *keyset.Handle {
			h, err := keyset.NewHandle(aead.AES256GCMSIVKeyTemplate())
			require.NoError(t, err)
			return h
		},
		"ctr": func() *keyset.Handle {
			h, err := keyset.NewHandle(aead.AES128CTRHMACSHA256KeyTemplate())
			require.NoError(t, err)
			return h
		},
	} {
		ring, err := keyring.FromHandle(template())
		require.NoError(t, err, name)
		require.True(t, opens(t, ring, ring), name)
		ciphertext, err := ring.Encrypt([]byte("key"), nil)
		require.NoError(t, err)
		require.True(t, ring.Current(ciphertext), name)
	}
}

func TestRingIsNotPrinted(t *testing.T) {
	ring := newRing(t)
	var parsed struct {
		Key []struct {
			KeyData struct {
				Value string `json:"value"`
			} `json:"keyData"`
		} `json:"key"`
	}
	require.NoError(t, json.Unmarshal([]byte(export(t, ring)), &parsed))
	value := parsed.Key[0].KeyData.Value
	require.NotEmpty(t, value)
	raw, err := base64.StdEncoding.DecodeString(value)
	require.NoError(t, err)

	var out bytes.Buffer
	holder := struct {
		Ring *keyring.Ring
		ring *keyring.Ring
	}{ring, ring}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, ring)
		fmt.Fprintf(&out, verb, holder)
		fmt.Fprintf(&out, verb, *ring)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("k", "ring", ring, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("k", "ring", ring, "holder", holder)
	for _, v := range []any{ring, holder} {
		text, err := json.Marshal(v)
		require.ErrorIs(t, err, providers.ErrSecret)
		out.Write(text)
		require.Error(t, gob.NewEncoder(&out).Encode(v))
	}
	require.Contains(t, out.String(), "[keyring]")
	for _, form := range []string{value, string(raw[4:]), fmt.Sprintf("%x", raw[4:20]), fmt.Sprintf("%d", raw[4:20])[1:40]} {
		require.NotContains(t, out.String(), form)
	}
}
