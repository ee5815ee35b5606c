package postgres

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// MinVersion is the oldest PostgreSQL that is supported.
func MinVersion() handle.Version { return handle.Version{14, 0} }

// Open connects, checks the server's version and returns a handle. Settings
// that c holds from its URL yield to s.
//
// Errors: *dialect.InvalidError for settings that cannot be used, and otherwise
// *dialect.Error: ErrUnavailable (refused, unknown host, no answer),
// ErrUnauthenticated, ErrNoDatabase, ErrPermission, ErrTLS,
// ErrTooManyConnections, ErrUnsupportedVersion, ErrTimeout or ErrCanceled.
func Open(ctx context.Context, c *Config, s handle.Settings) (*bun.DB, error) {
	s = s.Over(c.Settings).WithDefaults()
	if s.Pooler != nil {
		c.SetPooled(*s.Pooler)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	db, capabilities, err := c.connect(ctx, s)
	if err != nil {
		return nil, handle.OpenError(dialect.PostgreSQL, c.explainRefusal(ctx, s, err))
	}
	if len(c.Ignored) > 0 {
		s.Logger.LogAttrs(ctx, slog.LevelDebug, "URL parameters ignored", slog.Any("names", c.Ignored))
	}
	return finish(db, s.Stated(capabilities), s), nil
}

func finish(db *sql.DB, capabilities dialect.Capabilities, s handle.Settings) *bun.DB {
	handleDB := bun.NewDB(db, NewDialect(capabilities))
	if hook := handle.Hook(dialect.PostgreSQL, s); hook != nil {
		handleDB = handleDB.WithQueryHook(hook)
	}
	return handleDB
}

// sessionConfig returns pgx's configuration with the limits that the server keeps
// for a session; a pooler keeps none.
func (c *Config) sessionConfig(s handle.Settings) *pgx.ConnConfig {
	conn := c.Conn().Copy()
	conn.ConnectTimeout = s.ConnectTimeout
	if c.pooled {
		return conn
	}
	for name, d := range map[string]time.Duration{
		"statement_timeout": s.StatementTimeout, "lock_timeout": s.LockTimeout,
	} {
		if d > 0 {
			conn.RuntimeParams[name] = strconv.FormatInt(max(d.Milliseconds(), 1), 10)
		}
	}
	return conn
}

// connect opens a pool and finds out what the server is and whether its
// sessions are fit for use.
func (c *Config) connect(ctx context.Context, s handle.Settings) (*sql.DB, dialect.Capabilities, error) {
	db := c.openDB(s)
	s.Apply(db)
	var capabilities dialect.Capabilities
	var session state
	err := handle.Probe(ctx, dialect.PostgreSQL, db, s.ConnectTimeout, func(ctx context.Context, conn *sql.Conn) (err error) {
		capabilities, session, err = c.probe(ctx, conn)
		return err
	})
	switch {
	case err != nil:
	case session.bytea != "hex" && !c.pooled && c.Conn().RuntimeParams["bytea_output"] == "":
		// Few servers need it, and some poolers refuse it: not sent unless it must be.
		_ = db.Close()
		c.Conn().RuntimeParams["bytea_output"] = "hex"
		return c.connect(ctx, s)
	default:
		if err = session.check(); err == nil {
			err = c.checkSchemas(session)
		}
	}
	if err != nil {
		_ = db.Close()
		return nil, capabilities, err
	}
	return db, capabilities, nil
}

// probe asks for the version and the session's state.
func (c *Config) probe(ctx context.Context, conn *sql.Conn) (dialect.Capabilities, state, error) {
	capabilities := dialect.Capabilities{Engine: dialect.PostgreSQL, Pooled: c.pooled}
	s, err := readState(ctx, conn)
	if err != nil {
		return capabilities, s, err
	}
	if capabilities.Version, err = checkVersion(s.version, s.number); err != nil {
		return capabilities, s, err
	}
	capabilities.Sharded = s.citus
	proxied, err := s.proxied(conn)
	if err == nil && (proxied || c.pooled) {
		err = checkTransactions(ctx, conn)
	}
	if proxied && !c.told && !capabilities.IsCockroach() {
		capabilities.Pooled = true
	}
	if !capabilities.Pooled {
		capabilities.Prepared = pgx.QueryExecModeCacheStatement
	}
	return capabilities, s, err
}

// checkVersion reads version() and server_version_num, and returns the
// version as the server states it. CockroachDB, whose numbers are its own, is
// taken as it is.
func checkVersion(version, number string) (string, error) {
	lower := strings.ToLower(version)
	switch {
	case strings.Contains(lower, "dolt"):
		return "", handle.Unsupported(dialect.PostgreSQL, "the server is Doltgres, whose concurrent transactions lose updates",
			"use PostgreSQL "+MinVersion().String()+" or newer")
	case strings.HasPrefix(lower, "cockroachdb"):
		return version, nil
	}
	stated := strings.TrimPrefix(version, "PostgreSQL ")
	if before, _, found := strings.Cut(stated, " on "); found {
		stated = before
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", handle.Unsupported(dialect.PostgreSQL, "the server states no version",
			"use PostgreSQL "+MinVersion().String()+" or newer")
	}
	numeric := strconv.Itoa(n/10000) + "." + strconv.Itoa(n%10000)
	return stated, handle.RequireVersion(dialect.PostgreSQL, numeric, MinVersion())
}

// explainRefusal finds out whether a refusal is about TLS: a server that takes
// users only over TLS answers an attempt without it as if the user were
// unknown. It tries once more with TLS where none was used.
func (c *Config) explainRefusal(ctx context.Context, s handle.Settings, err error) error {
	err = dialect.Classify(err)
	if c.TLS != TLSDisable || !errors.Is(err, dialect.ErrUnauthenticated) || strings.HasPrefix(c.Conn().Host, "/") {
		return err
	}
	conn := c.sessionConfig(s)
	conn.TLSConfig = &tls.Config{InsecureSkipVerify: true, ServerName: conn.Host} //nolint:gosec // a diagnosis: no data follows
	conn.Fallbacks = nil
	ctx, cancel := context.WithTimeout(ctx, handle.DefaultConnectTimeout)
	defer cancel()
	probed, tlsErr := pgx.ConnectConfig(ctx, conn)
	if tlsErr != nil {
		return err
	}
	_ = probed.Close(ctx)
	return handle.TLSRequired(dialect.PostgreSQL, err, "the server takes this user over TLS only: put sslmode=require, "+
		"or better verify-full, in DATABASE_URL in place of sslmode=disable")
}
