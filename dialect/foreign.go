package dialect

import (
	"context"
	"database/sql"
	"runtime"
	"strings"
	"sync"
	"weak"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/internal/sessions"
)

// On a handle that chameleon did not open, settings of the session decide whether
// the server stores and returns what verbs mean. Bun writes values into statements
// for a UTF-8 session with the server's default quoting; under other settings a
// text could be stored as a different text, or end its literal and continue as SQL.
// Other modes truncate values, leave statements uncommitted, or evaluate an UPDATE
// in a different order. Sessions are therefore checked: once per handle, and on MySQL and
// MariaDB also with each question about the time zone ([readZone]), which costs nothing.

// handleFacts is what is known about a foreign handle.
type handleFacts struct {
	// plain means that the session is in UTC, so that statements may compute times.
	plain bool
	// packets means that several statements may be sent at once.
	packets bool
	// version is the server's version, which is only queried on MySQL's protocol,
	// because TiDB uses it too.
	version string
}

// known holds the facts about the foreign handles in use. The key is the tables of
// the handle's dialect, which no other handle shares. It does not keep handles alive.
//
//nolint:gochecknoglobals // a foreign handle has no field to store this in
var known sync.Map // weak.Pointer[schema.Tables] → handleFacts

// factsOf checks a foreign handle's session, once per handle. It returns an
// *InvalidError for settings under which verbs would go wrong without an error.
func factsOf(ctx context.Context, q querier, d schema.Dialect) (handleFacts, error) {
	key := weak.Make(d.Tables())
	if facts, ok := known.Load(key); ok {
		return facts.(handleFacts), nil //nolint:forcetypeassert // nothing else is stored
	}
	caps := OfDialect(d)
	var facts handleFacts
	var err error
	switch {
	case caps.Engine == PostgreSQL:
		facts, err = factsPostgres(ctx, q)
	case caps.IsMySQL():
		facts, err = factsMySQL(ctx, q, caps)
	}
	if err != nil {
		return facts, err
	}
	if _, seen := known.LoadOrStore(key, facts); !seen {
		runtime.AddCleanup(d.Tables(), func(key weak.Pointer[schema.Tables]) { known.Delete(key) }, key)
	}
	return facts, nil
}

// querier is a *sql.Conn, a *sql.Tx, or a bun.IDB of a type that is not bun's.
type querier interface {
	queryRower
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func factsPostgres(ctx context.Context, q querier) (facts handleFacts, err error) {
	var s sessions.Postgres
	var zone string
	err = q.QueryRowContext(ctx, "SELECT "+sessions.AskPostgres+", current_setting('TimeZone')").Scan(append(s.Dest(), &zone)...)
	if err != nil {
		return facts, err
	}
	zone = strings.ToUpper(zone)
	facts.plain = zone == "UTC" || zone == "ETC/UTC" || zone == "GMT"
	return facts, unfit(s.Faults())
}

func factsMySQL(ctx context.Context, q querier, caps Capabilities) (facts handleFacts, err error) {
	var s sessions.MySQL
	err = q.QueryRowContext(ctx, "SELECT "+sessions.AskMySQL+", "+
		"UNIX_TIMESTAMP('2026-01-15 12:00:00') = 1768478400 AND UNIX_TIMESTAMP('2026-07-15 12:00:00') = 1784116800, "+
		"VERSION()").Scan(append(s.Dest(), &facts.plain, &facts.version)...)
	if err == nil {
		err = unfit(s.Faults())
	}
	if err == nil && caps.Stated && caps.MultiStatements {
		facts.packets = takesPackets(ctx, q)
	}
	return facts, err
}

// takesPackets tries to send two statements with an argument.
func takesPackets(ctx context.Context, q querier) bool {
	rows, err := q.QueryContext(ctx, "SELECT ?;SELECT 2", 1)
	if err != nil {
		return false
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() { // to its end
	}
	return rows.NextResultSet() && rows.Err() == nil
}

// unfit returns the first of the faults as an *InvalidError.
func unfit(faults []sessions.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return &InvalidError{Field: faults[0].Setting, Problem: faults[0].Problem}
}

// FastCapabilities returns the capabilities of a handle that supports the fast
// path, whose statements bypass bun: one from chameleon.Open, or one that
// [Describe] described and whose session was verified. False means the general
// path.
//
// db is a *bun.DB or a bun.Tx.
//
// Errors: those of [InTx].
func FastCapabilities(ctx context.Context, db bun.IDB) (Capabilities, bool, error) {
	caps := Of(db)
	if !caps.Foreign {
		return caps, true, nil
	}
	if !caps.Stated {
		return caps, false, nil
	}
	facts, err := factsFrom(ctx, db)
	if err != nil {
		return caps, false, explain(ctx, caps.Engine, err)
	}
	caps.MultiStatements = caps.MultiStatements && facts.packets
	if caps.Version == "" {
		caps.Version = facts.version
	}
	return caps, facts.plain, nil
}

// CheckSession checks the settings of the session on a handle that chameleon did not
// open, at least once per handle: under some of them, statements would mean something else to
// the server, or values would be lost on their way. [InTx] and [Reading] do the same;
// reads that need neither call CheckSession first.
//
// Errors: *InvalidError, which names the setting; *Error.
func CheckSession(ctx context.Context, db bun.IDB) error {
	caps := Of(db)
	if !caps.Foreign {
		return nil
	}
	_, err := factsFrom(ctx, db)
	return explain(ctx, caps.Engine, err)
}

// factsFrom is factsOf on a connection of db.
func factsFrom(ctx context.Context, db bun.IDB) (handleFacts, error) {
	if tx, ok := TxOf(db); ok {
		return factsOf(ctx, tx.Tx, tx.Dialect())
	}
	switch db := db.(type) {
	case bun.Conn:
		return factsOf(ctx, db.Conn, db.Dialect())
	case *bun.Conn:
		return factsOf(ctx, db.Conn, db.Dialect())
	case *bun.DB:
		if facts, ok := known.Load(weak.Make(db.Dialect().Tables())); ok {
			return facts.(handleFacts), nil //nolint:forcetypeassert // nothing else is stored
		}
		conn, err := db.DB.Conn(ctx)
		if err != nil {
			return handleFacts{}, err
		}
		defer func() { _ = conn.Close() }()
		return factsOf(ctx, conn, db.Dialect())
	}
	return factsOf(ctx, db, db.Dialect())
}

// checkForeign is factsOf for handles that chameleon did not open.
func checkForeign(ctx context.Context, q querier, db bun.IDB) error {
	if !Of(db).Foreign {
		return nil
	}
	_, err := factsOf(ctx, q, db.Dialect())
	return err
}
