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
)

// On a handle that somebody else opened, settings of the session decide whether
// what bun writes into a statement is what the server reads: bun doubles quotes,
// and on MySQL escapes backslashes, as in a session of UTF-8 with the servers'
// defaults. Under others a text would be stored as another one, or end its
// literal and go on as a statement. So they are looked at once a handle.

// handleFacts is what is known of a foreign handle.
type handleFacts struct {
	// plain means that the session is in UTC, so that a statement may make times.
	plain bool
	// packets means that several statements may be sent at once.
	packets bool
	// version is the server's, where it is asked for: MySQL's protocol is TiDB's too.
	version string
}

// known are the facts of the foreign handles in use, by the tables of their
// dialects, of which each handle has its own. It keeps none of them alive.
//
//nolint:gochecknoglobals // handles of others carry nothing of ours
var known sync.Map // weak.Pointer[schema.Tables] → handleFacts

// factsOf looks at a foreign handle's session, once a handle. It returns an
// *InvalidError for settings under which bun's statements would mean something
// else.
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

// querier is a *sql.Conn or a *sql.Tx.
type querier interface {
	queryRower
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func factsPostgres(ctx context.Context, q querier) (facts handleFacts, err error) {
	var conforming, encoding, zone string
	err = q.QueryRowContext(ctx, "SELECT current_setting('standard_conforming_strings'), "+
		"current_setting('client_encoding'), current_setting('TimeZone')").Scan(&conforming, &encoding, &zone)
	switch {
	case err != nil:
		return facts, err
	case conforming != "on":
		return facts, unfit("standard_conforming_strings", conforming, "on")
	case !strings.EqualFold(encoding, "UTF8"):
		return facts, unfit("client_encoding", encoding, "UTF8")
	}
	zone = strings.ToUpper(zone)
	facts.plain = zone == "UTC" || zone == "ETC/UTC" || zone == "GMT"
	return facts, nil
}

func factsMySQL(ctx context.Context, q querier, caps Capabilities) (facts handleFacts, err error) {
	var mode, charset string
	err = q.QueryRowContext(ctx, "SELECT @@session.sql_mode, @@session.character_set_client, "+
		"UNIX_TIMESTAMP('2026-01-15 12:00:00') = 1768478400 AND UNIX_TIMESTAMP('2026-07-15 12:00:00') = 1784116800, "+
		"VERSION()").Scan(&mode, &charset, &facts.plain, &facts.version)
	switch {
	case err != nil:
		return facts, err
	case strings.Contains(mode, "NO_BACKSLASH_ESCAPES"):
		return facts, unfit("sql_mode", "NO_BACKSLASH_ESCAPES", "without it")
	case !strings.HasPrefix(charset, "utf8"):
		return facts, unfit("character_set_client", charset, "utf8mb4")
	case !caps.Stated || !caps.MultiStatements:
		return facts, nil
	}
	facts.packets = takesPackets(ctx, q)
	return facts, nil
}

// takesPackets tries two statements with an argument.
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

func unfit(setting, is, want string) error {
	return &InvalidError{Field: setting, Problem: "is " + is + " in the session; it has to be " + want}
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

// factsFrom is factsOf on a connection of db.
func factsFrom(ctx context.Context, db bun.IDB) (handleFacts, error) {
	if tx, ok := TxOf(db); ok {
		return factsOf(ctx, tx.Tx, tx.Dialect())
	}
	switch db := db.(type) {
	case bun.Conn:
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
	return handleFacts{}, nil
}

// checkForeign is factsOf for handles of others.
func checkForeign(ctx context.Context, q querier, db bun.IDB) error {
	if !Of(db).Foreign {
		return nil
	}
	_, err := factsOf(ctx, q, db.Dialect())
	return err
}
