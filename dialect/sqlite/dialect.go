package sqlite

import (
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/chameleon-go/chameleon/dialect"
)

// Dialect is bun's dialect of SQLite together with the handle's capabilities.
type Dialect struct {
	*sqlitedialect.Dialect
	capabilities dialect.Capabilities
}

// NewDialect returns bun's dialect with capabilities.
func NewDialect(capabilities dialect.Capabilities) *Dialect {
	return &Dialect{Dialect: sqlitedialect.New(), capabilities: capabilities}
}

// Capabilities implements dialect.Described.
func (d *Dialect) Capabilities() dialect.Capabilities { return d.capabilities }
