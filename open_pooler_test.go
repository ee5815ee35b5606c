package chameleon_test

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
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

// TestPoolerKeepsNoSessionSettings: a URL that asks for them is refused, but
// for the search_path that the server gives by itself.
func TestPoolerKeepsNoSessionSettings(t *testing.T) {
	pooler := enginetest.PgBouncer(t)
	_, err := chameleon.Open(t.Context(), pooler.URL+"&lock_timeout=5000")
	require.ErrorIs(t, err, chameleon.ErrInvalid)
	assert.ErrorContains(t, err, "lock_timeout")
	for _, schema := range []string{"app", "public,app"} {
		_, err = chameleon.Open(t.Context(), pooler.URL+"&schema="+schema)
		require.ErrorIs(t, err, chameleon.ErrInvalid)
		assert.ErrorContains(t, err, "asks for the schema "+schema)
	}
	db, err := chameleon.Open(t.Context(), pooler.URL+"&schema=public&application_name=web")
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// TestSchema: schema= is the search_path, whatever the server's own is.
func TestSchema(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	for _, statement := range []string{
		`CREATE SCHEMA "My app"`, "CREATE SCHEMA other",
		"CREATE TABLE public.here (name text)", "INSERT INTO public.here VALUES ('public')",
		`CREATE TABLE "My app".here (name text)`, `INSERT INTO "My app".here VALUES ('My app')`,
		"CREATE TABLE other.here (name text)", "INSERT INTO other.here VALUES ('other')",
	} {
		_, err := env.DB.DB.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	_, err := env.DB.ExecContext(t.Context(), "ALTER DATABASE ? SET search_path = other", bun.Ident(database(t, env.DB)))
	require.NoError(t, err)
	for written, want := range map[string]string{"public": "public", "My%20app": "My app", "My%20app,public": "My app", "other": "other"} {
		u, err := url.Parse(env.URL)
		require.NoError(t, err)
		u.RawQuery += "&schema=" + written
		var name string
		works(t, u, "SELECT name FROM here", &name)
		assert.Equal(t, want, name)
	}
	pooler := enginetest.PgBouncerTo(t, env, "transaction")
	_, err = chameleon.Open(t.Context(), pooler+"&schema=public")
	require.ErrorIs(t, err, chameleon.ErrInvalid, "behind a pooler it would be passed over")
	db, err := chameleon.Open(t.Context(), pooler+"&schema=other")
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// TestPoolersUnannounced: behind a pooler that nothing in the URL shows, in
// any mode that has transactions, nothing is prepared by name either, so that two clients that meet
// the same server connection do not meet one another's statements.
func TestPoolersUnannounced(t *testing.T) {
	for _, mode := range []string{"transaction", "session"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			pooler := enginetest.PgBouncerIn(t, mode)
			u, err := url.Parse(pooler.URL)
			require.NoError(t, err)
			u.RawQuery = "sslmode=disable"
			for range 3 {
				db, err := chameleon.Open(t.Context(), u.String(), chameleon.WithPoolSize(2))
				require.NoError(t, err)
				assert.True(t, dialect.Of(db).Pooled)
				assert.Nil(t, dialect.Of(db).Prepared)
				require.NoError(t, db.Close())
			}
			direct := dialect.Of(pooler.Direct.DB)
			assert.False(t, direct.Pooled)
			assert.NotNil(t, direct.Prepared)
			told, err := chameleon.Open(t.Context(), u.String()+"&pgbouncer=false")
			require.NoError(t, err)
			assert.NotNil(t, dialect.Of(told).Prepared, "whoever says so is believed")
			require.NoError(t, told.Close())
		})
	}
}

// TestStatementPoolingIsRefused: at Open, announced or not, and not by the first
// verb.
func TestStatementPoolingIsRefused(t *testing.T) {
	pooler := enginetest.PgBouncerIn(t, "statement")
	for _, announced := range []string{"pgbouncer=true&", "pgbouncer=false&", ""} {
		_, err := chameleon.Open(t.Context(), strings.Replace(pooler.URL, "pgbouncer=true&", announced, 1))
		require.ErrorIs(t, err, dialect.ErrUnsupportedVersion, announced)
		require.ErrorContains(t, err, "pool_mode = transaction")
	}
}

// TestPoolerMeetsCharges: clients of a pooler that was not announced charge in
// their own and in a caller's transaction.
func TestPoolerMeetsCharges(t *testing.T) {
	pooler := enginetest.PgBouncer(t)
	for _, params := range []string{"", "&prepareThreshold=0", "&default_query_exec_mode=simple_protocol", "&statement_cache_capacity=0"} {
		u := strings.Replace(pooler.URL, "pgbouncer=true&", "", 1) + params
		user := uuid.NewString()
		for client := range 6 {
			db, err := chameleon.Open(t.Context(), u, chameleon.WithPoolSize(2))
			require.NoError(t, err)
			if client == 0 {
				_, err = credits.Grant(t.Context(), db, credits.GrantParams{
					UserUUID: user, Key: "grant", Type: credits.TypeSystemAdd, Amount: 100,
				})
				require.NoError(t, err)
			}
			charge := func(db bun.IDB, key string) error {
				_, err := credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: user, Key: key + strconv.Itoa(client), Amount: 1})
				return err
			}
			require.NoError(t, charge(db, "own"))
			require.NoError(t, db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error { return charge(tx, "tx") }))
			require.NoError(t, db.Close())
		}
	}
}
