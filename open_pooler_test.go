package chameleon_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestPgBouncer: twenty clients share the few sessions of a PgBouncer in
// transaction mode. Nothing is prepared by name, nothing of one client's
// session reaches another, and every session is in UTC although the server
// and the other clients are not.
func TestPgBouncer(t *testing.T) {
	pooler := enginetest.PgBouncer(t)
	direct := pooler.Direct.DB
	_, err := direct.ExecContext(t.Context(), "CREATE TABLE pooled (client int PRIMARY KEY, n int NOT NULL)")
	require.NoError(t, err)
	_, err = direct.ExecContext(t.Context(), "ALTER ROLE CURRENT_USER IN DATABASE ? SET timezone = 'Asia/Tokyo'", bun.Ident(database(t, direct)))
	require.NoError(t, err)

	const clients, rounds = 20, 10
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			db, err := chameleon.Open(t.Context(), pooler.URL, chameleon.WithPoolSize(2),
				chameleon.WithStatementTimeout(time.Minute), chameleon.WithLockTimeout(time.Minute))
			if !assert.NoError(t, err) {
				return
			}
			defer func() { assert.NoError(t, db.Close()) }()
			assert.True(t, dialect.Of(db).Pooled)
			assert.Nil(t, dialect.Of(db).Prepared)
			for range rounds {
				assert.NoError(t, round(t, db, client))
			}
		})
	}
	all.Wait()
	var sum int
	require.NoError(t, direct.QueryRowContext(t.Context(), "SELECT sum(n) FROM pooled").Scan(&sum))
	assert.Equal(t, clients*rounds, sum)
	var prepared int
	db, err := chameleon.Open(t.Context(), pooler.URL)
	require.NoError(t, err)
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_prepared_statements").Scan(&prepared))
	assert.Zero(t, prepared)
	require.NoError(t, db.Close())
}

// round does what a program does: through bun, in a transaction, and straight
// through database/sql with the argument that chooses prepared statements
// where those are possible.
func round(t *testing.T, db *bun.DB, client int) error {
	t.Helper()
	err := dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO pooled VALUES (?, 1) ON CONFLICT (client) DO UPDATE SET n = pooled.n + 1", client)
		return err
	})
	if err != nil {
		return err
	}
	var zone string
	if err := db.NewRaw("SELECT current_setting('timezone')").Scan(t.Context(), &zone); err != nil {
		return err
	}
	if zone != "UTC" {
		return fmt.Errorf("the session is in %s", zone)
	}
	var args []any
	if p := dialect.Of(db).Prepared; p != nil {
		args = append(args, p)
	}
	var n int
	return db.DB.QueryRowContext(t.Context(), "SELECT n FROM pooled WHERE client = $1", append(args, client)...).Scan(&n)
}

func database(t *testing.T, db *bun.DB) (name string) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name))
	return name
}

// TestPoolerKeepsNoSessionSettings: a URL that asks for them is refused.
func TestPoolerKeepsNoSessionSettings(t *testing.T) {
	pooler := enginetest.PgBouncer(t)
	_, err := chameleon.Open(t.Context(), pooler.URL+"&schema=app")
	require.ErrorIs(t, err, chameleon.ErrInvalid)
	assert.ErrorContains(t, err, "search_path")
	db, err := chameleon.Open(t.Context(), pooler.URL+"&schema=public&application_name=web")
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
