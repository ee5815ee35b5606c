package rows

import (
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Current returns db for statements that lock or change rows: in a transaction
// they work on rows as they are committed now, whatever it has read before.
// PostgreSQL refuses that at REPEATABLE READ, with an error.
func Current(db bun.IDB) bun.IDB {
	caps := dialect.Of(db)
	if caps.Engine != dialect.MariaDB && (caps.Engine != dialect.MySQL || !caps.Foreign) {
		return db
	}
	if tx, ok := dialect.TxOf(db); ok {
		return currentMariaDB{tx}
	}
	return db
}
