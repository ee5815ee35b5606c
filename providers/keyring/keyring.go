package keyring

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/chameleon-go/chameleon/providers"
)

// EnvName is the environment variable that [FromEnv] reads.
const EnvName = "CHAMELEON_KEYSET"

// Sentinels for errors.Is. No error of this package holds key material.
var (
	// ErrMissing says that the environment holds no keyset.
	ErrMissing = errors.New(EnvName + " is not set: keyring.New makes a keyset")
	// ErrMalformed says that a text is no keyset of AEAD keys.
	ErrMalformed = errors.New("not a Tink keyset of AEAD keys, as JSON or base64")
	// ErrKey says that a keyset has no key that could be promoted or retired.
	ErrKey = errors.New("the keyset has no such key")
)

// Ring is a keyset that is ready for use: a providers.AEAD and a tink.AEAD. It is immutable
// and safe for concurrent use. It cannot be printed, logged or marshaled.
type Ring struct {
	handle *keyset.Handle
	aead   tink.AEAD
	// prefix is what ciphertexts of the primary key start with, nil where its
	// keys write none.
	prefix []byte
}

// New makes a keyset of one AES-256-GCM key.
//
// Errors: Tink's.
func New() (*Ring, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	return FromHandle(handle)
}

// FromEnv reads the keyset from the environment variable CHAMELEON_KEYSET, in a
// form that [Parse] reads.
//
// Errors: ErrMissing when that is unset or empty, and ErrMalformed.
func FromEnv() (*Ring, error) {
	text := os.Getenv(EnvName)
	if strings.TrimSpace(text) == "" {
		return nil, ErrMissing
	}
	ring, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", EnvName, err)
	}
	return ring, nil
}

// Parse reads a cleartext keyset: Tink's JSON, or the base64 (standard or for
// URLs, padded or not) of its JSON or binary form.
//
// Errors: ErrMalformed.
func Parse(text string) (*Ring, error) {
	text = strings.TrimSpace(text)
	reader := keyset.Reader(keyset.NewJSONReader(strings.NewReader(text)))
	if !strings.HasPrefix(text, "{") {
		raw, err := decode(text)
		if err != nil {
			return nil, ErrMalformed
		}
		reader = keyset.NewBinaryReader(bytes.NewReader(raw))
		if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
			reader = keyset.NewJSONReader(bytes.NewReader(raw))
		}
	}
	// Tink's errors are left out: a parser's may quote what it read.
	handle, err := insecurecleartextkeyset.Read(reader)
	if err != nil {
		return nil, ErrMalformed
	}
	return FromHandle(handle)
}

// decode reads base64 of any kind, line breaks included.
func decode(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}

// FromHandle takes a keyset from the caller, who may have had it decrypted by a
// KMS.
//
// Errors: ErrMalformed when it is nil or not made of AEAD keys.
func FromHandle(handle *keyset.Handle) (*Ring, error) {
	if handle == nil {
		return nil, ErrMalformed
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, ErrMalformed
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, ErrMalformed
	}
	ring := &Ring{handle: handle, aead: primitive}
	if k, ok := primary.Key().(interface{ OutputPrefix() []byte }); ok && len(k.OutputPrefix()) > 0 {
		ring.prefix = k.OutputPrefix()
	}
	return ring, nil
}

// Encrypt encrypts with the primary key and binds the ciphertext to
// associatedData.
func (r *Ring) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	return r.aead.Encrypt(plaintext, associatedData)
}

// Decrypt decrypts with whichever key fits. It fails when none does, or when
// associatedData is not what Encrypt was given.
func (r *Ring) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	return r.aead.Decrypt(ciphertext, associatedData)
}

// Current reports whether the primary key made the ciphertext, as far as its
// prefix tells.
func (r *Ring) Current(ciphertext []byte) bool {
	return r.prefix != nil && bytes.HasPrefix(ciphertext, r.prefix)
}

// Export returns the keyset as Tink's JSON, in cleartext, in one line: for the
// place where the deployment keeps its secrets.
//
// Errors: Tink's.
func (r *Ring) Export() (providers.Secret, error) {
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(r.handle, keyset.NewJSONWriter(&text)); err != nil {
		return providers.Secret{}, errors.New("the keyset could not be written")
	}
	return providers.NewSecret(strings.TrimSpace(text.String())), nil
}

// Handle returns the keyset, such as for writing it encrypted by a KMS.
func (r *Ring) Handle() *keyset.Handle { return r.handle }

// Format implements fmt.Formatter for every verb.
func (*Ring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[keyring]") }

// LogValue implements slog.LogValuer.
func (*Ring) LogValue() slog.Value { return slog.StringValue("[keyring]") }

// MarshalText returns providers.ErrSecret.
func (*Ring) MarshalText() ([]byte, error) { return nil, providers.ErrSecret }

// MarshalBinary returns providers.ErrSecret. The package encoding/gob uses it.
func (*Ring) MarshalBinary() ([]byte, error) { return nil, providers.ErrSecret }
