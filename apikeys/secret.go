package apikeys

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// hidden is what is seen of a Secret.
const hidden = "[secret]"

// ErrSecret says that a Secret was to be marshalled or stored. What is meant
// to leave the process says so by Reveal.
var ErrSecret = errors.New("an apikeys.Secret is not marshalled or stored: use Reveal where it is meant")

// Secret holds a key as its owner has it. The package fmt prints a placeholder
// for it whatever the verb, log/slog too; encoders (JSON, text, XML, YAML, gob)
// and database/sql get [ErrSecret]. The zero Secret is empty.
//
// The key stands in a closure, out of reach of reflection, and so of printers
// that ignore methods or read unexported fields.
type Secret struct {
	reveal func() string
}

// NewSecret hides key.
func NewSecret(key string) Secret {
	if key == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return key }}
}

// Reveal returns the key.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.reveal == nil }

// String returns a placeholder.
func (Secret) String() string { return hidden }

// Format implements fmt.Formatter for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText returns ErrSecret. JSON, XML and YAML use it.
func (Secret) MarshalText() ([]byte, error) { return nil, ErrSecret }

// MarshalJSON returns ErrSecret.
func (Secret) MarshalJSON() ([]byte, error) { return nil, ErrSecret }

// MarshalBinary returns ErrSecret. The package encoding/gob uses it.
func (Secret) MarshalBinary() ([]byte, error) { return nil, ErrSecret }

// Value implements driver.Valuer: it returns ErrSecret.
func (Secret) Value() (driver.Value, error) { return nil, ErrSecret }
