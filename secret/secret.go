// Package secret protects plaintext that must not leave the process by
// accident.
package secret

import (
	"crypto/subtle"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// hidden is what is seen of a Secret.
const hidden = "[secret]"

// Err is returned when a Secret is marshaled or stored. Use Reveal for
// plaintext that is meant to leave the process.
var Err = errors.New("a Secret is not marshaled or stored: use Reveal where it is meant")

// Secret holds plaintext, such as a provider's API key. Packages fmt and
// log/slog print a placeholder for it, whatever the verb; encoders (JSON, text,
// XML, YAML, gob) and database/sql get [Err]. The zero Secret is empty.
//
// The plaintext is in a closure, out of reach of reflection and so of printers
// that ignore methods or read unexported fields.
type Secret struct {
	reveal func() string
}

// New returns a Secret that holds plaintext.
func New(plaintext string) Secret {
	if plaintext == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return plaintext }}
}

// Reveal returns the plaintext.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Equal compares two secrets in a time that depends on their lengths only.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns a placeholder.
func (Secret) String() string { return hidden }

// Format implements fmt.Formatter for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText returns Err. JSON, XML and YAML use it.
func (Secret) MarshalText() ([]byte, error) { return nil, Err }

// MarshalJSON returns Err.
func (Secret) MarshalJSON() ([]byte, error) { return nil, Err }

// MarshalBinary returns Err. The package encoding/gob uses it.
func (Secret) MarshalBinary() ([]byte, error) { return nil, Err }

// Value implements driver.Valuer: it returns Err.
func (Secret) Value() (driver.Value, error) { return nil, Err }
