package credits_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestChargeFindsItsKeyByTheIndexOnKeys: what a charge reads does not grow with its
// account's history, also where the planner knows nothing of how long that is.
func TestChargeFindsItsKeyByTheIndexOnKeys(t *testing.T) {
	t.Parallel()
	tell := newTeller(t, enginetest.New(t, dialect.PostgreSQL))
	tell.Grant("g", 100)
	for i := range 20 {
		_, err := credits.Charge(t.Context(), tell.DB, tell.ChargeOp(fmt.Sprint(i), 1, start))
		require.NoError(t, err)
	}
	for _, analyzed := range []bool{false, true} {
		conn, err := tell.DB.Conn(t.Context())
		require.NoError(t, err)
		var plan []string
		for _, statement := range []string{
			"SET plan_cache_mode = force_generic_plan", "PREPARE charge AS " + credits.PostgresCharge,
		} {
			_, err = conn.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		err = conn.NewRaw("EXPLAIN EXECUTE charge (?, 1, 1, 'k', 't', 'h', NULL, NULL, NULL, 'd', 1, NULL, now(), now())", tell.User).
			Scan(t.Context(), &plan)
		require.NoError(t, err)
		text := strings.Join(plan, "\n")
		require.Contains(t, text, "using credits_trans_op_key_unique", "analyzed: %v", analyzed)
		for _, other := range []string{"credits_trans_at_us_idx", "credits_trans_seq_unique", "Seq Scan on credits_trans t"} {
			require.NotContains(t, text, other, "analyzed: %v", analyzed)
		}
		for _, statement := range []string{"DEALLOCATE charge", "RESET plan_cache_mode", "ANALYZE credits_trans"} {
			_, err = conn.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		require.NoError(t, conn.Close())
	}
}
