package dialect

import (
	"strings"

	"github.com/uptrace/bun"
	bundialect "github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/schema"
)

// Engine names a database engine.
type Engine string

// The engines that the conformance suite runs on.
const (
	PostgreSQL Engine = "postgresql"
	MySQL      Engine = "mysql"
	MariaDB    Engine = "mariadb"
	SQLite     Engine = "sqlite"
)

// Valid reports whether e is an engine that this module supports.
func (e Engine) Valid() bool {
	switch e {
	case PostgreSQL, MySQL, MariaDB, SQLite:
		return true
	}
	return false
}

// Capabilities says what a handle's engine can do. Code asks for a capability,
// never for an engine's name, wherever a capability answers the question.
type Capabilities struct {
	// Engine is the engine. A handle that chameleon did not open reports
	// MySQL for MariaDB too, because bun has one dialect for both.
	Engine Engine
	// Version is the server's version as it states it, empty when unknown.
	Version string
	// Pooled means that there may be a transaction pooler in between: no named
	// prepared statements and no session state.
	Pooled bool
	// MultiStatements means that one packet may hold several statements and
	// return several results, with arguments interpolated by the client.
	MultiStatements bool
	// Prepared is passed as the first argument of a database/sql call to have
	// the driver prepare and cache that statement; nil where the driver has no
	// such argument or a pooler forbids it.
	Prepared any
	// Sharded means that rows of different accounts may be on different servers
	// behind one router, which refuses, or cannot order the locks of, a
	// statement that locks several accounts: Citus, Vitess, PlanetScale.
	Sharded bool
	// Events means that verbs write what happens to the outbox of package events, in
	// the transaction in which it does.
	Events bool
	// Foreign means that chameleon did not open the handle: nothing is known
	// about its driver, and only what database/sql guarantees may be used.
	Foreign bool
	// Stated means that a foreign handle was described by [Describe].
	Stated bool
	// Observer is notified of retries and of the ledger's operations; nil for
	// none.
	Observer Observer
	// Cache keeps what some verbs read; nil for none.
	Cache Cache
}

// Described is implemented by a bun dialect to state its capabilities. The
// dialects of the packages below do; for others, capabilities follow from bun's
// name of the dialect.
type Described interface {
	Capabilities() Capabilities
}

// Of returns the capabilities of the engine behind db. An unknown dialect
// gives an Engine for which Valid is false.
func Of(db bun.IDB) Capabilities { return OfDialect(db.Dialect()) }

// OfDialect returns the capabilities that bun's dialect d states or implies.
func OfDialect(d schema.Dialect) Capabilities {
	if described, ok := d.(Described); ok {
		return described.Capabilities()
	}
	switch d.Name() {
	case bundialect.PG:
		return Capabilities{Engine: PostgreSQL, Foreign: true}
	case bundialect.MySQL:
		return Capabilities{Engine: MySQL, Foreign: true}
	case bundialect.SQLite:
		return Capabilities{Engine: SQLite, Foreign: true}
	default:
		return Capabilities{Engine: Engine(d.Name().String()), Foreign: true}
	}
}

// LocksRows reports whether the engine has row locks (FOR UPDATE). SQLite has
// one writer instead, and FOR UPDATE is a syntax error there.
func (c Capabilities) LocksRows() bool { return c.Engine != SQLite }

// LocksTogether reports whether one statement may lock rows of several accounts.
// A router over shards refuses that (Citus) or sends it to the shards in
// parallel (Vitess), where nothing detects deadlocks. What is behind a handle
// that chameleon did not open is unknown unless its Version is stated.
func (c Capabilities) LocksTogether() bool {
	return !c.Sharded && (!c.Foreign || c.Stated && c.Version != "")
}

// IsCockroach reports whether CockroachDB answers PostgreSQL's protocol: some
// functions differ there.
func (c Capabilities) IsCockroach() bool { return strings.Contains(c.Version, "CockroachDB") }

// IsTiDB reports whether TiDB answers MySQL's protocol.
func (c Capabilities) IsTiDB() bool { return strings.Contains(c.Version, "TiDB") }

// IsVitess reports whether Vitess, or PlanetScale, answers MySQL's protocol.
func (c Capabilities) IsVitess() bool { return strings.Contains(strings.ToLower(c.Version), "vitess") }

// ReadOnlyTransactions reports whether a transaction may be begun as READ ONLY.
// TiDB refuses that unless tidb_enable_noop_functions is set, and may be behind
// any handle that speaks MySQL's protocol and that chameleon did not open.
func (c Capabilities) ReadOnlyTransactions() bool {
	return !c.IsTiDB() && (!c.Foreign || !c.IsMySQL())
}

// Serializable reports whether the isolation level SERIALIZABLE is supported.
// TiDB refuses it (8048) unless tidb_skip_isolation_level_check is set, and
// then it is snapshot isolation.
func (c Capabilities) Serializable() bool { return !c.IsTiDB() }

// SelectsIntoVariables reports whether SELECT … INTO @variable is supported, by
// which one statement of a packet passes its result to the next. TiDB's parser
// refuses it, and Vitess's crashes on it, which costs the connection.
func (c Capabilities) SelectsIntoVariables() bool {
	return c.IsMySQL() && !c.IsTiDB() && !c.IsVitess()
}

// LocksInUnions reports whether locking reads within a UNION lock. TiDB silently
// performs them as plain reads, and may be behind any handle whose Version is
// unknown.
func (c Capabilities) LocksInUnions() bool {
	return !c.IsTiDB() && (!c.Foreign || !c.IsMySQL() || c.Version != "")
}

// IsMySQL reports whether the engine speaks MySQL's SQL: MySQL or MariaDB.
func (c Capabilities) IsMySQL() bool { return c.Engine == MySQL || c.Engine == MariaDB }
