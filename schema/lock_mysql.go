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
	// lockWait is how long one GET_LOCK waits, in seconds, which is how long a cancelled
	// push may keep waiting on the server.
	lockWait = 2
	// lockRelease limits how long releasing the lock may take.
	lockRelease = 5 * time.Second
)

// locked runs fn on one connection that holds a named lock, which the server releases when
// the connection ends. Each DDL statement commits: what fn did before it failed stays, and
// the next push continues from there.
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

// keeping restores what a push changes in the session of a caller's connection.
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

// acquire takes the lock for pushes to the connection's database and returns its name.
// Lock names are global on the server, so the name includes the database, hashed to stay
// within 64 characters.
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

// patient lets statements run until ctx ends, because waiting for the lock and building an
// index take longer than a timeout that suits queries, and limits how long they wait for a
// table. A server without statement timeouts refuses to lift them, which is harmless.
func patient(ctx context.Context, conn bun.IConn, version string, w waits) error {
	_, _ = conn.ExecContext(ctx, "SET SESSION "+limitOf(version)+" = 0")
	seconds := max(int64(math.Ceil(w.lock.Seconds())), 1)
	_, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = "+strconv.FormatInt(seconds, 10))
	return err
}

// limitOf returns the variable that limits how long a statement runs.
func limitOf(version string) string {
	if strings.Contains(version, "MariaDB") {
		return "max_statement_time"
	}
	return "max_execution_time"
}

// release releases the lock immediately; closing the connection would release it once the
// server notices.
func release(ctx context.Context, conn bun.IConn, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockRelease)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "DO RELEASE_LOCK(?)", name)
}
