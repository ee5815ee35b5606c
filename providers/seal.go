package providers

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// What the stored form of a secret starts with. Anything that starts with
// sealedFamily was written here, by this version or another one, and is never
// taken for plaintext.
const (
	sealedFamily = "chameleon.sealed."
	sealedV1     = sealedFamily + "v1."
)

// maxSecret is the longest API key, in bytes. Encrypted it fits the text
// columns of every engine.
const maxSecret = 16 << 10

// AEAD encrypts and authenticates. Tink's tink.AEAD implements it, and so does
// a Ring of package providers/keyring. It must be safe for concurrent use.
//
// If an AEAD also has a method Current(ciphertext []byte) bool, which reports
// whether a ciphertext was made with the key that Encrypt now uses,
// [RotateKeys] skips such rows.
type AEAD interface {
	Encrypt(plaintext, associatedData []byte) ([]byte, error)
	Decrypt(ciphertext, associatedData []byte) ([]byte, error)
}

// Either returns an AEAD that encrypts with primary and decrypts with whichever
// of them can. It is for moving from one keyset or KMS to another.
func Either(primary AEAD, others ...AEAD) AEAD {
	return &either{primary: primary, others: others}
}

type either struct {
	primary AEAD
	others  []AEAD
}

func (e *either) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	return e.primary.Encrypt(plaintext, associatedData)
}

func (e *either) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	plaintext, err := e.primary.Decrypt(ciphertext, associatedData)
	for _, other := range e.others {
		if err == nil {
			break
		}
		var failed error
		if plaintext, failed = other.Decrypt(ciphertext, associatedData); failed == nil {
			return plaintext, nil
		}
		err = errors.Join(err, failed)
	}
	return plaintext, err
}

// Current reports whether the primary made the ciphertext with its present key.
func (e *either) Current(ciphertext []byte) bool { return isCurrent(e.primary, ciphertext) }

func isCurrent(aead AEAD, ciphertext []byte) bool {
	c, ok := aead.(interface{ Current(ciphertext []byte) bool })
	return ok && c.Current(ciphertext)
}

// Sealed is the stored form of a secret: ciphertext, or plaintext in rows of an
// adopted database. It is neither printed nor logged nor marshaled.
type Sealed string

// Format implements fmt.Formatter for every verb.
func (Sealed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[sealed]") }

// LogValue implements slog.LogValuer.
func (Sealed) LogValue() slog.Value { return slog.StringValue("[sealed]") }

// MarshalText returns ErrSecret: the value may be plaintext.
func (Sealed) MarshalText() ([]byte, error) { return nil, ErrSecret }

// MarshalBinary returns ErrSecret. The package encoding/gob uses it.
func (Sealed) MarshalBinary() ([]byte, error) { return nil, ErrSecret }

// State reports what s holds.
func (s Sealed) State() KeyState {
	switch {
	case s == "":
		return KeyMissing
	case strings.HasPrefix(string(s), sealedFamily):
		return KeySealed
	}
	return KeyPlaintext
}

// KeyState is how a provider's key is stored.
type KeyState string

// How a provider's key can be stored.
const (
	// KeySealed is encrypted.
	KeySealed KeyState = "sealed"
	// KeyPlaintext was stored by another program, as it is.
	KeyPlaintext KeyState = "plaintext"
	// KeyMissing is an empty column, in rows that another program wrote.
	KeyMissing KeyState = "missing"
)

// Valid reports whether s is one of the states above.
func (s KeyState) Valid() bool {
	switch s {
	case KeySealed, KeyPlaintext, KeyMissing:
		return true
	}
	return false
}

// encrypt encrypts a provider's secret. Before the result may replace the only
// copy of a key, it is decrypted once.
func encrypt(aead AEAD, name Name, secret Secret) (Sealed, error) {
	plaintext := secret.Reveal()
	ciphertext, err := aead.Encrypt([]byte(plaintext), []byte(name))
	if err != nil {
		return "", failure(name, ErrEncrypt, err, plaintext)
	}
	back, err := aead.Decrypt(ciphertext, []byte(name))
	if err != nil {
		return "", failure(name, ErrEncrypt, err, plaintext)
	}
	if !secret.Equal(NewSecret(string(back))) {
		return "", &Error{Provider: name, Err: ErrEncrypt}
	}
	return Sealed(sealedV1 + base64.RawURLEncoding.EncodeToString(ciphertext)), nil
}

// decrypt returns the secret that s holds, decrypted where it is sealed.
func (s Sealed) decrypt(aead AEAD, name Name) (Secret, error) {
	switch s.State() {
	case KeyMissing:
		return Secret{}, &Error{Provider: name, Err: ErrNoKey}
	case KeyPlaintext:
		return NewSecret(string(s)), nil
	}
	ciphertext, err := s.ciphertext(name)
	if err != nil {
		return Secret{}, err
	}
	plaintext, err := aead.Decrypt(ciphertext, []byte(name))
	if err != nil {
		return Secret{}, failure(name, ErrDecrypt, err, "")
	}
	return NewSecret(string(plaintext)), nil
}

// ciphertext unwraps a sealed s.
func (s Sealed) ciphertext(name Name) ([]byte, error) {
	text, ok := strings.CutPrefix(string(s), sealedV1)
	if !ok {
		return nil, &Error{Provider: name, Err: ErrDecrypt, cause: errVersion}
	}
	ciphertext, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, &Error{Provider: name, Err: ErrDecrypt, cause: errDamaged}
	}
	return ciphertext, nil
}

func checkAEAD(aead AEAD) error {
	if aead == nil {
		return valid.Failf("AEAD", "required")
	}
	return nil
}

// checkSecret refuses what can be no API key. No problem quotes it.
func checkSecret(field string, s Secret) error {
	plaintext := s.Reveal()
	if strings.HasPrefix(plaintext, sealedFamily) {
		return valid.Failf(field, "already encrypted: pass the plaintext key")
	}
	return valid.Key(field, plaintext, maxSecret)
}
