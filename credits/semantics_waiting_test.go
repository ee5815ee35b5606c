package credits_test

import (
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
	first.grant("g", 100)
	op := first.chargeOp("k", 10, start)
	holder, err := first.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = holder.Rollback() }()
	original, err := credits.Charge(t.Context(), holder, op)
	require.NoError(t, err)

	second := *first
	waiter, err := first.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = waiter.Rollback() }()
	second.handle = waiter
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
		require.NoError(t, first.db.NewRaw("SELECT COUNT(*) > 0 FROM pg_locks WHERE pid = ? AND NOT granted", pid).
			Scan(t.Context(), &waiting))
	}
	require.NoError(t, holder.Commit())
	require.NoError(t, <-done)
	first.same(original, replay)
	second.still()
	require.NoError(t, waiter.Commit())
	assert.EqualValues(t, 90, first.check().row.Balance)
}
