package sqlite

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/chameleon-go/chameleon/dialect/handle"
)

// String returns the database's URL, as far as it is only a path.
func (c Config) String() string {
	if c.InMemory() {
		return "sqlite://:memory:"
	}
	return "sqlite://" + shown(c.Path)
}

// Format implements fmt.Formatter: every verb prints String.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue implements slog.LogValuer.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText returns handle.ErrConfig. JSON, XML and YAML use it.
func (Config) MarshalText() ([]byte, error) { return nil, handle.ErrConfig }

// MarshalBinary returns handle.ErrConfig. The package encoding/gob uses it.
func (Config) MarshalBinary() ([]byte, error) { return nil, handle.ErrConfig }
