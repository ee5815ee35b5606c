package providers

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reversal is an AEAD in form only: what it makes is the associated data's
// length and the bytes backwards.
type reversal struct{}

func (reversal) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	out := []byte{byte(len(associatedData))}
	for i := range plaintext {
		out = append(out, plaintext[len(plaintext)-1-i])
	}
	return out, nil
}

func (r reversal) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	if len(ciphertext) == 0 || int(ciphertext[0]) != len(associatedData)%256 {
		return nil, errDamaged
	}
	out, err := r.Encrypt(ciphertext[1:], nil)
	return out[1:], err
}

// FuzzSealed reads any text that a row may hold: it is missing, plaintext that
// comes back as it is, or sealed, and then either opens or is refused.
func FuzzSealed(f *testing.F) {
	for _, s := range []string{"", "sk-x", sealedFamily, sealedV1, sealedV1 + "AAAA", "chameleon.sealed.v2.AA", "Chameleon.sealed.v1.AA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := Sealed(text)
		require.True(t, s.State().Valid())
		secret, err := s.decrypt(reversal{}, "kling")
		switch s.State() {
		case KeyMissing:
			require.Empty(t, text)
			require.ErrorIs(t, err, ErrNoKey)
		case KeyPlaintext:
			require.NoError(t, err)
			require.Equal(t, text, secret.Reveal())
			require.False(t, strings.HasPrefix(text, sealedFamily))
		case KeySealed:
			if err != nil {
				require.ErrorIs(t, err, ErrDecrypt)
				return
			}
			again, err := encrypt(reversal{}, "kling", secret)
			require.NoError(t, err)
			require.Equal(t, s, again, "one text for one ciphertext")
		}
	})
}

func FuzzSealAndOpen(f *testing.F) {
	f.Add("sk-x", "kling")
	f.Fuzz(func(t *testing.T, key, name string) {
		if checkSecret("Key", NewSecret(key)) != nil || !Name(name).Valid() {
			return
		}
		sealed, err := encrypt(reversal{}, Name(name), NewSecret(key))
		require.NoError(t, err)
		require.Equal(t, KeySealed, sealed.State())
		require.LessOrEqual(t, len(sealed), 65_535)
		back, err := sealed.decrypt(reversal{}, Name(name))
		require.NoError(t, err)
		require.Equal(t, key, back.Reveal())
	})
}

// broken is an AEAD that decrypts to something else than was encrypted.
type broken struct{ reversal }

func (broken) Decrypt([]byte, []byte) ([]byte, error) { return []byte("else"), nil }

func TestSealDecryptsBeforeItReplaces(t *testing.T) {
	_, err := encrypt(broken{}, "kling", NewSecret("key"))
	require.ErrorIs(t, err, ErrEncrypt)
}
