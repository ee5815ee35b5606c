package dialect

import (
	"database/sql"

	"github.com/uptrace/bun/schema"
)

// Describe returns bun's dialect d for a handle that a team opens itself and says
// what it can do, so that verbs need not take their general way there:
//
//	sqldb := stdlib.OpenDBFromPool(pool)
//	db := bun.NewDB(sqldb, dialect.Describe(pgdialect.New(), dialect.Capabilities{
//		Engine: dialect.PostgreSQL, Prepared: pgx.QueryExecModeCacheStatement,
//	}))
//
// A charge that fits is then one round trip, as on a handle of chameleon.Open:
//
//   - on PostgreSQL with any driver. Prepared is for pgx in another mode than the
//     default; leave it nil for lib/pq, and behind a transaction pooler (Pooled).
//   - on MySQL and MariaDB with MultiStatements, which go-sql-driver needs
//     multiStatements=true and interpolateParams=true for.
//
// Batches lock their accounts together where c has the server's Version, as
// version() gives it, and unless c says Sharded. What c says of the
// session is not believed: that it is in UTC, that a packet may hold several
// statements, and the settings that [InTx] refuses are looked at once a handle, at
// its first use. Where the session is in another zone, or the packet is refused,
// verbs take their general way.
//
// d has to be one of this handle's own, as bun.NewDB wants it.
func Describe(d schema.Dialect, c Capabilities) schema.Dialect {
	c.Foreign, c.Stated = true, true
	return described{Dialect: d, capabilities: c}
}

// described is a dialect with capabilities that somebody stated.
type described struct {
	schema.Dialect
	capabilities Capabilities
}

// Init initialises the dialect that is described.
func (d described) Init(db *sql.DB) { d.Dialect.Init(db) }

// Capabilities implements Described.
func (d described) Capabilities() Capabilities { return d.capabilities }
