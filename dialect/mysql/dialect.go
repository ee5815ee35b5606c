package mysql

import (
	"github.com/uptrace/bun/dialect/mysqldialect"

	"github.com/chameleon-go/chameleon/dialect"
)

// Dialect is bun's dialect of MySQL and MariaDB that states what the handle
// can do, and which of the two it is.
type Dialect struct {
	*mysqldialect.Dialect
	capabilities dialect.Capabilities
}

// NewDialect returns bun's dialect, in UTC, with capabilities.
func NewDialect(capabilities dialect.Capabilities) *Dialect {
	return &Dialect{
		Dialect:      mysqldialect.New(mysqldialect.WithTimeLocation("UTC")),
		capabilities: capabilities,
	}
}

// Capabilities implements dialect.Described.
func (d *Dialect) Capabilities() dialect.Capabilities { return d.capabilities }
