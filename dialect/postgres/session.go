package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/sessions"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// startup are the run-time parameters of every session. They are sent with the
// first packet, where they overrule what ALTER ROLE and ALTER DATABASE set, and
// are those that PgBouncer keeps for each of its clients.
//
// A URL cannot change them: other drivers' words for them are dropped.
//
// Values are quoted by bun, on this side, for sessions in which a backslash in
// a string is a backslash and the text is UTF-8. Elsewhere a value could end
// its string.
func startup() map[string]string {
	return map[string]string{
		"timezone": "UTC", "datestyle": "ISO, MDY",
		"standard_conforming_strings": "on", "client_encoding": "UTF8",
	}
}

// state is what a session is in, asked from the server itself.
type state struct {
	version, number                 string
	strings, encoding, dates, bytea string
	schemas                         string
	pid                             uint32
	citus                           bool
}

const askState = `SELECT version(), current_setting('server_version_num'), current_setting('standard_conforming_strings'),
current_setting('client_encoding'), current_setting('datestyle'), current_setting('bytea_output'),
array_to_string(current_schemas(false), ','), pg_backend_pid(),
EXISTS (SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus')`

func readState(ctx context.Context, conn *sql.Conn) (s state, err error) {
	err = conn.QueryRowContext(ctx, askState).
		Scan(&s.version, &s.number, &s.strings, &s.encoding, &s.dates, &s.bytea, &s.schemas, &s.pid, &s.citus)
	return s, err
}

// proxied reports whether a pooler or proxy stands in between: the session
// that answers is not the one that the connection was told it is.
func (s state) proxied(conn *sql.Conn) (yes bool, err error) {
	err = conn.Raw(func(c any) error {
		ours, ok := c.(interface{ Conn() *pgx.Conn })
		if !ok {
			return fmt.Errorf("not a connection of pgx: %T", c)
		}
		yes = ours.Conn().PgConn().PID() != s.pid
		return nil
	})
	return yes, err
}

// check refuses a session in which values would not be quoted or read as they
// should: a pooler or proxy dropped what was asked for at the start.
func (s state) check() error {
	switch {
	case s.strings != "on":
		return unsafeSession("standard_conforming_strings", s.strings, "on")
	case !sessions.IsUTF8(s.encoding):
		return unsafeSession("client_encoding", s.encoding, "UTF8")
	case !strings.HasPrefix(strings.ToUpper(s.dates), "ISO"):
		return unsafeSession("datestyle", s.dates, "ISO")
	case s.bytea != "hex":
		return unsafeSession("bytea_output", s.bytea, "hex")
	}
	return nil
}

func unsafeSession(name, is, want string) error {
	return handle.Unsupported(dialect.PostgreSQL,
		fmt.Sprintf("the session has %s = %s although %s was asked for, and a pooler or proxy may stand in between", name, is, want),
		fmt.Sprintf("let the pooler pass %s on, or ALTER ROLE … SET %s = '%s' on the server", name, name, want))
}

// checkTransactions refuses a pooler in statement mode, which has no transactions:
// everything else would work until the first verb.
func checkTransactions(ctx context.Context, conn *sql.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err == nil {
		return tx.Rollback()
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || said.Code != "08P01" || !strings.Contains(said.Message, "statement pooling") {
		return err
	}
	return &dialect.Error{
		Kind: dialect.KindUnsupportedVersion, Engine: dialect.PostgreSQL, Code: said.Code, Err: err,
		Remedy: "the pooler shares server connections statement by statement, and has no transactions: " +
			"set pool_mode = transaction for this database or user",
	}
}

// checkStatus is check by what the server reports of each connection without
// being asked. What a proxy does not report is left to check.
func checkStatus(conn *pgconn.PgConn) error {
	if s := conn.ParameterStatus("standard_conforming_strings"); s != "" && s != "on" {
		return unsafeSession("standard_conforming_strings", s, "on")
	}
	if s := conn.ParameterStatus("client_encoding"); s != "" && !sessions.IsUTF8(s) {
		return unsafeSession("client_encoding", s, "UTF8")
	}
	return nil
}

// checkSchemas finds out whether a pooler's session has the search_path that
// schema= asks for.
func (c *Config) checkSchemas(s state) error {
	if !c.pooled || c.schemas == nil || s.schemas == strings.Join(c.schemas, ",") {
		return nil
	}
	return valid.Failf(dburl.Field, "asks for the schema %s, but a transaction pooler keeps no search_path and the server's own "+
		"leads elsewhere: ALTER ROLE … SET search_path = … on the server, or use a direct connection", strings.Join(c.schemas, ","))
}

// explainAttrs gives the error of a server that is reached but is not what
// target_session_attrs asks for its meaning. Among several hosts it would
// otherwise be hidden by whatever else failed on the way.
func explainAttrs(check pgconn.ValidateConnectFunc, want string) pgconn.ValidateConnectFunc {
	if check == nil {
		return nil
	}
	return func(ctx context.Context, conn *pgconn.PgConn) error {
		err := check(ctx, conn)
		if !slices.Contains(unmet(), err) {
			return err // nil, not preferred (which pgx handles and wraps one of these), or the query failed
		}
		return &dialect.Error{
			Kind: dialect.KindUnavailable, Engine: dialect.PostgreSQL, Err: fmt.Errorf("target_session_attrs=%s: %w", want, err),
			Remedy: "the server answers, but no host in DATABASE_URL is what target_session_attrs asks for: add the host that is, " +
				"see whether a failover is under way, or remove the parameter",
		}
	}
}

// unmet are pgx's errors for a server that is not what is asked for.
func unmet() []error {
	return []error{
		pgconn.ErrReadOnlyConnection, pgconn.ErrReadWriteConnection, pgconn.ErrStandbyConnection, pgconn.ErrPrimaryConnection,
	}
}
