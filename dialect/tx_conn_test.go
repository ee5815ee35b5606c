package dialect_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// onConn has a SQLite database with a table n of numbers.
func onConn(t *testing.T) (db *bun.DB, insert func(ctx context.Context, conn *sql.Conn, n int) error) {
	t.Helper()
	db = enginetest.NewEmpty(t, dialect.SQLite).DB
	_, err := db.ExecContext(t.Context(), "CREATE TABLE n (n INTEGER PRIMARY KEY)")
	require.NoError(t, err)
	return db, func(ctx context.Context, conn *sql.Conn, n int) error {
		_, err := conn.ExecContext(ctx, "INSERT INTO n VALUES (?)", n)
		return err
	}
}

func stored(t *testing.T, db bun.IDB) (numbers []int) {
	t.Helper()
	require.NoError(t, db.NewRaw("SELECT n FROM n ORDER BY n").Scan(t.Context(), &numbers))
	return numbers
}

func TestOnConn(t *testing.T) {
	t.Parallel()
	db, insert := onConn(t)
	refused := errors.New("refused")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, dialect.OnConn(ctx, db, func(ctx context.Context, conn *sql.Conn) error {
		return insert(ctx, conn, 1)
	}))
	require.ErrorIs(t, dialect.OnConn(ctx, db, func(ctx context.Context, conn *sql.Conn) error {
		return errors.Join(insert(ctx, conn, 2), refused)
	}), refused)
	require.ErrorIs(t, dialect.OnConn(ctx, db, func(ctx context.Context, conn *sql.Conn) error {
		return insert(ctx, conn, 1)
	}), dialect.ErrUnique)
	require.PanicsWithValue(t, "hook", func() {
		_ = dialect.OnConn(ctx, db, func(ctx context.Context, conn *sql.Conn) error {
			assert.NoError(t, insert(ctx, conn, 3))
			panic("hook")
		})
	})
	require.ErrorIs(t, dialect.OnConn(ctx, db, func(ctx context.Context, conn *sql.Conn) error {
		defer cancel()
		return insert(ctx, conn, 4)
	}), context.Canceled)
	require.ErrorIs(t, dialect.OnConn(ctx, db, func(context.Context, *sql.Conn) error { panic("begun") }), context.Canceled)
	assert.Equal(t, []int{1}, stored(t, db))
	assert.Zero(t, db.Stats().InUse)
}

// The write lock is somebody else's for a while.
func TestOnConnWaits(t *testing.T) {
	t.Parallel()
	env := enginetest.NewEmpty(t, dialect.SQLite)
	_, err := env.DB.ExecContext(t.Context(), "CREATE TABLE n (n INTEGER PRIMARY KEY)")
	require.NoError(t, err)
	other := env.Open(t)
	tx, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		done <- dialect.OnConn(t.Context(), env.DB, func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, "INSERT INTO n VALUES (1)")
			return err
		})
	}()
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = dialect.OnConn(short, env.DB, func(context.Context, *sql.Conn) error { panic("begun") })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
	require.NoError(t, tx.Rollback())
	require.NoError(t, <-done)
	assert.Equal(t, []int{1}, stored(t, env.DB))
}

// Whenever its context ends, a transaction says whether it is stored, and leaves none open.
func TestOnConnCanceledAtAnyTime(t *testing.T) {
	t.Parallel()
	db, insert := onConn(t)
	var want []int
	for n := range 3000 {
		ctx, cancel := context.WithCancel(t.Context())
		pause := time.Duration(rand.IntN(200)) * time.Microsecond
		go func() {
			time.Sleep(pause)
			cancel()
		}()
		err := dialect.OnConn(ctx, db, func(ctx context.Context, conn *sql.Conn) error {
			return insert(context.WithoutCancel(ctx), conn, n)
		})
		cancel()
		if err == nil {
			want = append(want, n)
		} else {
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
		}
	}
	assert.NotEmpty(t, want)
	assert.Equal(t, want, stored(t, db))
}
