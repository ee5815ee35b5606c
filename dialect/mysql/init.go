package mysql

import (
	"database/sql"

	"github.com/chameleon-go/chameleon/internal/stated"
)

// Init is called by bun.NewDB. Open has asked the server for its version: what it
// was told is the answer.
func (d *Dialect) Init(db *sql.DB) {
	if d.capabilities.Version != "" {
		db = stated.DB(d.capabilities.Version)
		defer func() { _ = db.Close() }() // holds nothing
	}
	d.Dialect.Init(db)
}
