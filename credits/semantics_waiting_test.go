package credits_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A call that waits for the account while another transaction uses its key
// works on a snapshot without that key. On PostgreSQL the unique violation
// would undo the caller's transaction, so it must not come to that.
func TestCallerWaitsForAnotherWithItsKey(t *testing.T) {
	t.Parallel()
	first := newTeller(t, enginetest.New(t, dialect.PostgreSQL))
	first.Grant("g", 100)
	op := first.ChargeOp("k", 10, start)
	holder, err := first.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = holder.Rollback() }()
	original, err := credits.Charge(t.Context(), holder, op)
	require.NoError(t, err)

	waiter, err := first.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = waiter.Rollback() }()
	second := first.on(waiter)
	var pid int
	require.NoError(t, waiter.NewRaw("SELECT pg_backend_pid()").Scan(t.Context(), &pid))
	var replay *credits.Operation
	done := make(chan error, 1)
	go func() {
		var err error
		replay, err = credits.Charge(t.Context(), waiter, op)
		done <- err
	}()
	for waiting := false; !waiting; {
		require.Empty(t, done, "the call does not wait")
		require.NoError(t, first.DB.NewRaw("SELECT COUNT(*) > 0 FROM pg_locks WHERE pid = ? AND NOT granted", pid).
			Scan(t.Context(), &waiting))
	}
	require.NoError(t, holder.Commit())
	require.NoError(t, <-done)
	first.Same(original, replay)
	second.Still()
	require.NoError(t, waiter.Commit())
	assert.EqualValues(t, 90, first.Check().Row.Balance)
}

// On MySQL and MariaDB it may also come when the key is used already, behind a
// snapshot that does not show it: the INSERT is refused after the account's row was
// changed, and that must not stay.
func TestCallerBehindAnotherWithItsKey(t *testing.T) {
	t.Parallel()
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			first := newTeller(t, enginetest.New(t, engine))
			first.Grant("g", 100)
			op := first.ChargeOp("k", 10, start)
			caller, err := first.DB.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
			require.NoError(t, err)
			defer func() { _ = caller.Rollback() }()
			var entries int
			require.NoError(t, caller.NewRaw("SELECT COUNT(*) FROM credits_trans").Scan(t.Context(), &entries))
			original, err := credits.Charge(t.Context(), first.DB, op)
			require.NoError(t, err)

			replay, err := credits.Charge(t.Context(), caller, op)
			require.NoError(t, err)
			first.Same(original, replay)
			require.NoError(t, caller.Commit())
			assert.EqualValues(t, 90, first.Check().Row.Balance)
		})
	}
}
