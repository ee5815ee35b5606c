package credits_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestChargesInANewDatabase: a connection that made its plans while the tables were
// empty, and known to be, does not go on reading them whole as they fill.
func TestChargesInANewDatabase(t *testing.T) {
	t.Parallel()
	db := enginetest.New(t, dialect.PostgreSQL)
	db.DB.SetMaxOpenConns(1)
	_, err := db.DB.ExecContext(t.Context(), "ANALYZE")
	require.NoError(t, err)
	tell := newTeller(t, db)
	tell.Grant("g", 10_000)
	charge := func(from, to int) (read int) {
		t.Helper()
		for i := from; i < to; i++ {
			_, err := credits.Charge(t.Context(), tell.DB, tell.ChargeOp(fmt.Sprint(i), 1, start))
			require.NoError(t, err)
		}
		require.NoError(t, tell.DB.NewRaw("SELECT pg_stat_force_next_flush()").Scan(t.Context(), new(string)))
		require.NoError(t, tell.DB.NewRaw("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'credits_trans'").
			Scan(t.Context(), &read))
		return read
	}
	before := charge(0, 300)
	require.Positive(t, before, "a plan for an empty table reads it whole")
	require.Equal(t, before, charge(300, 400))
}
