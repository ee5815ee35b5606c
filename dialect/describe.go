package dialect

import (
	"database/sql"

	"github.com/uptrace/bun/schema"
)

// Describe returns bun's dialect d for a handle that a program opens itself,
// together with a description of what the handle can do, so that verbs need not
// take the general path:
//
//	sqldb := stdlib.OpenDBFromPool(pool)
//	db := bun.NewDB(sqldb, dialect.Describe(pgdialect.New(), dialect.Capabilities{
//		Engine: dialect.PostgreSQL, Prepared: pgx.QueryExecModeCacheStatement,
//	}))
//
// A charge that fits then takes one round trip, as on a handle from
// chameleon.Open:
//
//   - on PostgreSQL with any driver. Prepared is for pgx in another mode than the
//     default; leave it nil for lib/pq, and behind a transaction pooler (Pooled).
//   - on MySQL and MariaDB with MultiStatements, which go-sql-driver needs
//     multiStatements=true and interpolateParams=true for.
//
// Batches lock their accounts together if c has the server's Version, as version()
// returns it, and c is not Sharded. What c implies about the session is verified
// once per handle, at its first use: that it is in UTC, that a packet may hold
// several statements, and that it has none of the settings that [InTx] refuses. If
// the session is in another zone, or the packet is refused, verbs take the general
// path.
//
// d must not be shared with another handle, as bun.NewDB requires.
func Describe(d schema.Dialect, c Capabilities) schema.Dialect {
	c.Foreign, c.Stated = true, true
	return described{Dialect: d, capabilities: c}
}

// described is a dialect with capabilities that somebody stated.
type described struct {
	schema.Dialect
	capabilities Capabilities
}

// Init initializes the dialect that is described.
func (d described) Init(db *sql.DB) { d.Dialect.Init(db) }

// Capabilities implements Described.
func (d described) Capabilities() Capabilities { return d.capabilities }
