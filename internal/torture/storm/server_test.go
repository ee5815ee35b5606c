package storm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestOpenTransactionsAreSeen: a transaction that a client leaves open is one of
// those that a run finds, and is none of them once it has ended. The server is
// shared with other tests, none of which looks at transactions: the session's
// number tells which is meant.
func TestOpenTransactionsAreSeen(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			return // its processes end with their transactions; there is no server to ask
		}
		db, err := engines.OpenAdmin(env.Engine, env.URL)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		s := &server{options: Options{Engine: env.Engine}, admin: db}
		tx, err := env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		t.Cleanup(func() { _ = tx.Rollback() }) // it has ended, if the test passed
		id := "SELECT CAST(CONNECTION_ID() AS char)"
		if env.Engine == dialect.PostgreSQL {
			id = "SELECT CAST(pg_backend_pid() AS text)"
		}
		var session string
		require.NoError(t, tx.NewRaw(id).Scan(t.Context(), &session))
		_, err = tx.ExecContext(t.Context(), "UPDATE credits SET balance = balance")
		require.NoError(t, err)

		shown := func(open []string) bool {
			return slices.ContainsFunc(open, func(what string) bool { return strings.HasPrefix(what, session+" ") })
		}
		open, err := s.watch(t.Context(), time.Minute, shown)
		require.NoError(t, err)
		assert.True(t, shown(open), open)

		require.NoError(t, tx.Rollback())
		open, err = s.watch(t.Context(), time.Minute, func(open []string) bool { return !shown(open) })
		require.NoError(t, err)
		assert.False(t, shown(open), open)
	})
}
