package postgres

import (
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/chameleon-go/chameleon/dialect"
)

// Dialect is bun's dialect of PostgreSQL that states what the handle can do.
type Dialect struct {
	*pgdialect.Dialect
	capabilities dialect.Capabilities
}

// NewDialect returns bun's dialect with capabilities.
func NewDialect(capabilities dialect.Capabilities) *Dialect {
	return &Dialect{Dialect: pgdialect.New(), capabilities: capabilities}
}

// Capabilities implements dialect.Described.
func (d *Dialect) Capabilities() dialect.Capabilities { return d.capabilities }
