package schema

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

const (
	// lockWait is how long one GET_LOCK waits, in seconds: what a cancelled
	// push can go on waiting for on the server.
	lockWait = 2
	// lockRelease bounds the release of the lock after a push.
	lockRelease = 5 * time.Second
)

// locked runs fn on one connection that holds a named lock, which the server
// releases when the connection ends. DDL commits by itself here: what fn did
// before it failed stays, and the next push goes on from there.
func (eng mysqlEngine) locked(ctx context.Context, db bun.IDB, w waits, _ doneFunc, fn siteFunc) error {
	if _, ok := dialect.TxOf(db); ok {
		return valid.Failf("db", "MySQL and MariaDB commit a transaction at each CREATE or ALTER in it: pass the handle")
	}
	return w.again(ctx, func() error {
		if handle, ok := db.(*bun.DB); ok {
			conn, err := handle.DB.Conn(ctx)
			if err != nil {
				return err
			}
			// Closed instead of pooled: the session was changed, and may hold the lock.
			defer func() { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }()
			return lockedOn(ctx, conn, w, fn)
		}
		q, done, err := reader(ctx, db)
		if err != nil {
			return err
		}
		defer done()
		return keeping(ctx, q, func() error { return lockedOn(ctx, q, w, fn) })
	})
}

func lockedOn(ctx context.Context, q bun.IConn, w waits, fn siteFunc) error {
	name, err := acquire(ctx, q, w)
	if err != nil {
		return err
	}
	defer release(ctx, q, name)
	return fn(ctx, &site{q: q})
}

// keeping gives the session of a caller's connection back what a push changes in it.
func keeping(ctx context.Context, q bun.IConn, fn func() error) error {
	var version, lock, limit string
	err := q.QueryRowContext(ctx, "SELECT VERSION(), @@SESSION.lock_wait_timeout").Scan(&version, &lock)
	if err != nil {
		return err
	}
	name := limitOf(version)
	known := q.QueryRowContext(ctx, "SELECT @@SESSION."+name).Scan(&limit) == nil
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockRelease)
		defer cancel()
		_, _ = q.ExecContext(ctx, "SET SESSION lock_wait_timeout = "+lock)
		if known {
			_, _ = q.ExecContext(ctx, "SET SESSION "+name+" = "+limit)
		}
	}()
	return fn()
}

// acquire takes the lock of pushes into the connection's database and returns
// its name. Names are the server's, so the database is part of it; the hash
// keeps it within 64 characters.
func acquire(ctx context.Context, conn bun.IConn, w waits) (string, error) {
	var database sql.NullString
	var version string
	if err := conn.QueryRowContext(ctx, "SELECT DATABASE(), VERSION()").Scan(&database, &version); err != nil {
		return "", err
	}
	if err := patient(ctx, conn, version, w); err != nil {
		return "", err
	}
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

// patient lets statements run as long as ctx allows, because waiting for the lock
// and building an index outlast a timeout that suits queries, and bounds what they
// wait for a table. A server that has no timeout of statements refuses to lift it,
// which changes nothing.
func patient(ctx context.Context, conn bun.IConn, version string, w waits) error {
	_, _ = conn.ExecContext(ctx, "SET SESSION "+limitOf(version)+" = 0")
	seconds := max(int64(math.Ceil(w.lock.Seconds())), 1)
	_, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = "+strconv.FormatInt(seconds, 10))
	return err
}

// limitOf is the variable that bounds how long a statement runs.
func limitOf(version string) string {
	if strings.Contains(version, "MariaDB") {
		return "max_statement_time"
	}
	return "max_execution_time"
}

// release gives the lock back at once; the end of the connection would, as
// soon as the server notices.
func release(ctx context.Context, conn bun.IConn, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockRelease)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "DO RELEASE_LOCK(?)", name)
}
