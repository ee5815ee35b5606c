package schema

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

const (
	// lockWait is how long one GET_LOCK waits, in seconds: what a cancelled
	// push can go on waiting for on the server.
	lockWait = 2
	// lockRelease bounds the release of the lock after a push.
	lockRelease = 5 * time.Second
	// lockTries bounds how often a push is begun anew after a transient error.
	lockTries = 5
)

// locked runs fn on one connection that holds a named lock, which the server
// releases when the connection ends. DDL commits by itself here: what fn did
// before it failed stays, and the next push goes on from there.
func (eng mysqlEngine) locked(
	ctx context.Context, db *bun.DB, fn func(ctx context.Context, q bun.IConn) error,
) (err error) {
	for range lockTries {
		if err = eng.lockedOnce(ctx, db.DB, fn); err == nil || ctx.Err() != nil || !dialect.IsTransient(err) {
			return err
		}
	}
	return err
}

// lockedOnce closes its connection in the end instead of pooling it: the
// session was changed, and may hold the lock.
func (eng mysqlEngine) lockedOnce(
	ctx context.Context, db *sql.DB, fn func(ctx context.Context, q bun.IConn) error,
) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }()
	name, err := acquire(ctx, conn)
	if err != nil {
		return err
	}
	defer release(ctx, conn, name)
	return fn(ctx, conn)
}

// acquire takes the lock of pushes into the connection's database and returns
// its name. Names are the server's, so the database is part of it; the hash
// keeps it within 64 characters.
func acquire(ctx context.Context, conn *sql.Conn) (string, error) {
	var database sql.NullString
	var version string
	if err := conn.QueryRowContext(ctx, "SELECT DATABASE(), VERSION()").Scan(&database, &version); err != nil {
		return "", err
	}
	unlimited(ctx, conn, version)
	sum := sha256.Sum256([]byte(database.String))
	name := "chameleon_push_" + hex.EncodeToString(sum[:16])
	for {
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, lockWait).Scan(&got); err != nil {
			return "", err
		}
		switch {
		case !got.Valid:
			return "", errors.New("push: the server did not grant the push lock")
		case got.Int64 == 1:
			return name, nil
		}
	}
}

// unlimited lets statements run as long as ctx allows: waiting for the lock
// and building an index outlast a timeout that suits queries. A server that
// has no such timeout refuses, which changes nothing.
func unlimited(ctx context.Context, conn *sql.Conn, version string) {
	set := "SET SESSION max_execution_time = 0"
	if strings.Contains(version, "MariaDB") {
		set = "SET SESSION max_statement_time = 0"
	}
	_, _ = conn.ExecContext(ctx, set)
}

// release gives the lock back at once; the end of the connection would, as
// soon as the server notices.
func release(ctx context.Context, conn *sql.Conn, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockRelease)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "DO RELEASE_LOCK(?)", name)
}
