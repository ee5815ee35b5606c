package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/unwatched"
)

// openDB is stdlib.OpenDB on connections that do not let a statement run
// twice, and whose sessions quote as bun does.
func (c *Config) openDB(s handle.Settings) *sql.DB {
	return sql.OpenDB(connector{
		Connector: stdlib.GetConnector(*c.sessionConfig(s), stdlib.OptionShouldPing(shouldPing)),
		fallsBack: c.TLS == TLSPrefer || c.TLS == TLSAllow, timeout: s.ConnectTimeout,
	})
}

// A connection that was idle for longer than listenAfter is listened to before
// it is used, and after pingAfter it is pinged, too.
const (
	listenAfter = time.Second
	pingAfter   = 30 * time.Second
)

// shouldPing tells whether an idle connection is to be tried out. A ping costs
// a round trip, as much as a charge; a server that closed the connection has
// sent that, so that for a while listening is enough.
func shouldPing(_ context.Context, p stdlib.ShouldPingParams) bool {
	if p.IdleDuration <= listenAfter {
		return false
	}
	return p.IdleDuration > pingAfter ||
		p.Conn.PgConn().CheckConn() != nil //nolint:staticcheck // deprecated for what a ping alone finds; see above
}

type connector struct {
	driver.Connector
	fallsBack bool          // to plaintext where the server has no TLS
	timeout   time.Duration // for one attempt; pgx has it, too
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		if c.fallsBack {
			err = withoutRefusedTLS(err)
		}
		return nil, dialect.ConnectError(ctx, dialect.PostgreSQL, err)
	}
	plain, ok := opened.(*pgxConn)
	if !ok {
		return nil, fmt.Errorf("pgx opened a %T", opened)
	}
	if err := checkStatus(plain.Conn().PgConn()); err != nil {
		_ = opened.Close()
		return nil, err
	}
	return &conn{pgxConn: plain, timeout: c.timeout}, nil
}

// withoutRefusedTLS leaves out that the server has no TLS where the attempt
// then went on without: what went wrong after that is the reason.
func withoutRefusedTLS(err error) error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return err
	}
	var rest []error
	for _, e := range joined.Unwrap() {
		if e != nil && !strings.HasSuffix(e.Error(), "server refused TLS connection") {
			rest = append(rest, e)
		}
	}
	if len(rest) == 0 || len(rest) == len(joined.Unwrap()) {
		return err
	}
	return errors.Join(rest...)
}

// conn is pgx's connection, but for what it says when the line breaks, or the
// context ends, while a statement runs.
//
// In the simple protocol pgx then reports driver.ErrBadConn, also when the
// statement had reached the server, and database/sql runs it again on another
// connection: an UPDATE outside a transaction may happen twice. Here it is an
// error, and what happened is not known; it is for the caller to look.
type conn struct {
	*pgxConn
	timeout time.Duration
	reset   time.Time // when it was last taken from the pool
	plans   map[string]*planned
}

// pgxConn is embedded under this name so that its method Conn, by which
// sql.Conn.Raw reaches pgx itself, is conn's too.
type pgxConn = stdlib.Conn

// errBroken reads as a lost connection, like any that breaks in mid-answer.
var errBroken = fmt.Errorf("the connection broke during the statement, so its outcome is unknown: %w",
	io.ErrUnexpectedEOF)

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	closed := c.Conn().IsClosed()
	result, err := c.pgxConn.ExecContext(ctx, query, args)
	return result, afterSend(err, closed)
}

// WatchesOrigin implements unwatched.Watcher: pgx watches until the rows are closed.
func (c *conn) WatchesOrigin() {}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx = unwatched.Origin(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(args) > 0 && keepsPlan(args[0].Value) {
		query = c.replanned(query)
	}
	closed := c.Conn().IsClosed()
	rows, err := c.pgxConn.QueryContext(ctx, query, args)
	return rows, afterSend(err, closed)
}

// OneRow implements dialect.OneRow.
func (c *conn) OneRow(ctx context.Context, text string, args, dest []any) (found bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if c.Conn().IsClosed() {
		return false, driver.ErrBadConn
	}
	if len(args) > 0 && keepsPlan(args[0]) {
		text = c.replanned(text)
	}
	found, err = c.oneRow(ctx, text, args, dest)
	return found, afterSend(err, false)
}

func (c *conn) oneRow(ctx context.Context, text string, args, dest []any) (found bool, err error) {
	rows, err := c.Conn().Query(ctx, text, args...)
	if err != nil {
		if pgconn.SafeToRetry(err) { // as pgx's own QueryContext
			err = driver.ErrBadConn
		}
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return false, fmt.Errorf("read the row: %w", err)
		}
		found = true
	}
	if err := rows.Err(); err != nil {
		// Wrapped: a bare error of the context would say that nothing was sent.
		return false, fmt.Errorf("read the row: %w", err)
	}
	return found, nil
}

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	begun, err := c.pgxConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &tx{begun, c, ctx}, nil
}

// tx is pgx's transaction, whose Commit says when its outcome is not known.
type tx struct {
	driver.Tx
	conn *conn
	ctx  context.Context //nolint:containedctx // Commit is given none; pgx keeps it too
}

func (t *tx) Commit() error {
	if err := t.ctx.Err(); err != nil {
		_ = t.Rollback()
		return err
	}
	if t.conn.Conn().IsClosed() {
		return driver.ErrBadConn
	}
	return dialect.Unanswered(t.ctx, dialect.PostgreSQL, afterSend(t.Tx.Commit(), false))
}

// afterSend lets driver.ErrBadConn, and a bare error of the context, stand only
// where nothing can have been sent.
func afterSend(err error, closedBefore bool) error {
	switch {
	case errors.Is(err, driver.ErrBadConn) && !closedBefore:
		return errBroken
	case err == context.Canceled, err == context.DeadlineExceeded: //nolint:errorlint // bare only
		return fmt.Errorf("no answer yet: %w", err)
	}
	return err
}

// ResetSession is called before the connection is used again. One whose server
// no longer answers is given up on after the time that connecting may take, and
// one whose session somebody made unfit for bun's quoting is closed.
func (c *conn) ResetSession(ctx context.Context) error {
	now := time.Now()
	idle := now.Sub(c.reset)
	c.reset = now
	if c.timeout > 0 && idle > listenAfter { // otherwise nothing is sent, and a timer takes longer than the rest
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	if err := c.pgxConn.ResetSession(ctx); err != nil {
		return err
	}
	if checkStatus(c.Conn().PgConn()) != nil {
		return driver.ErrBadConn
	}
	return nil
}
