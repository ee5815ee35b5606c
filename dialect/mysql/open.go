package mysql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	driver "github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// Open connects, checks the server's version and returns a handle. Settings
// that c holds from its URL yield to s.
//
// Errors: *dialect.Error: ErrUnavailable (refused, unknown host, no
// answer), ErrUnauthenticated, ErrNoDatabase (also when the URL names none),
// ErrPermission, ErrTLS, ErrTooManyConnections, ErrUnsupportedVersion,
// ErrTimeout or ErrCanceled.
func Open(ctx context.Context, c *Config, s handle.Settings) (*bun.DB, error) {
	s = s.Over(c.Settings).WithDefaults()
	if c.Conn().DBName == "" {
		return nil, handle.NewError(dialect.KindNoDatabase, dialect.MySQL, "DATABASE_URL names no database",
			"put the database's name after the host: mysql://user:password@host:3306/database")
	}
	db, capabilities, err := c.connect(ctx, s)
	if err != nil {
		return nil, handle.OpenError(dialect.MySQL, c.explainRefusal(ctx, err))
	}
	if len(c.Ignored) > 0 {
		s.Logger.LogAttrs(ctx, slog.LevelDebug, "URL parameters ignored", slog.Any("names", c.Ignored))
	}
	capabilities.Pooled = s.Pooler != nil && *s.Pooler
	capabilities = s.Stated(capabilities)
	handleDB := bun.NewDB(db, NewDialect(capabilities))
	if hook := handle.Hook(capabilities.Engine, s); hook != nil {
		handleDB = handleDB.WithQueryHook(hook)
	}
	return handleDB, nil
}

// connect opens a pool whose sessions have the limits that s asks for. The
// names of those differ between MySQL and MariaDB, so that one connection
// without them asks first.
func (c *Config) connect(ctx context.Context, s handle.Settings) (*sql.DB, dialect.Capabilities, error) {
	plain := s
	plain.StatementTimeout = 0
	db, err := c.pool(false, plain)
	if err != nil {
		return nil, dialect.Capabilities{}, err
	}
	var capabilities dialect.Capabilities
	err = handle.Probe(ctx, dialect.MySQL, db, s.ConnectTimeout, func(ctx context.Context, conn *sql.Conn) (err error) {
		capabilities, err = probe(ctx, conn)
		return err
	})
	if err != nil {
		_ = db.Close()
		return nil, capabilities, err
	}
	if s.StatementTimeout == 0 {
		return db, capabilities, nil
	}
	_ = db.Close()
	if db, err = c.pool(capabilities.Engine == dialect.MariaDB, s); err != nil {
		return nil, capabilities, err
	}
	err = handle.Probe(ctx, capabilities.Engine, db, s.ConnectTimeout, func(ctx context.Context, conn *sql.Conn) error {
		return conn.PingContext(ctx)
	})
	if err != nil {
		_ = db.Close()
		return nil, capabilities, err
	}
	return db, capabilities, nil
}

// pool returns a pool that has not connected yet.
func (c *Config) pool(mariaDB bool, s handle.Settings) (*sql.DB, error) {
	conn := c.Conn().Clone()
	conn.Timeout = s.ConnectTimeout
	conn.Logger = driverLog{s.Logger}
	limits(conn.Params, mariaDB, s)
	opener, err := driver.NewConnector(conn)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{handle.LimitConnect(opener, dialect.MySQL, s.ConnectTimeout)})
	s.Apply(db)
	return db, nil
}

// driverLog takes what the driver would print on standard error: hints about
// connections that broke, whose errors callers get anyway.
type driverLog struct{ to *slog.Logger }

func (l driverLog) Print(v ...any) {
	l.to.Debug("mysql driver", slog.String("message", strings.TrimSpace(fmt.Sprint(v...))))
}

// explainRefusal finds out whether a refusal is about TLS: the server answers
// a user who must use TLS and does not as if the password were wrong. It tries
// once more with TLS where none was used.
func (c *Config) explainRefusal(ctx context.Context, err error) error {
	err = dialect.Classify(err)
	if c.TLS != TLSDisable || c.Conn().Net != "tcp" || !errors.Is(err, dialect.ErrUnauthenticated) {
		return err
	}
	conn := c.Conn().Clone()
	conn.TLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // a diagnosis: no data follows
	conn.Logger = &driver.NopLogger{}
	connector, newErr := driver.NewConnector(conn)
	if newErr != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, handle.DefaultConnectTimeout)
	defer cancel()
	probed, tlsErr := connector.Connect(ctx)
	if tlsErr != nil {
		return err
	}
	_ = probed.Close()
	return handle.TLSRequired(dialect.MySQL, err, "the server takes this user over TLS only: put ssl-mode=REQUIRED, "+
		"or better VERIFY_IDENTITY, in DATABASE_URL in place of what turns TLS off")
}
