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
		for _, statement := range credits.PostgresCharges() {
			text := planOfCharge(t, tell, statement)
			require.Contains(t, text, "using credits_trans_op_key_unique", "analyzed: %v", analyzed)
			for _, other := range []string{"credits_trans_at_us_idx", "credits_trans_seq_unique", "Seq Scan on credits_trans t"} {
				require.NotContains(t, text, other, "analyzed: %v", analyzed)
			}
		}
		_, err := tell.DB.ExecContext(t.Context(), "ANALYZE credits_trans")
		require.NoError(t, err)
	}
}

// planOfCharge is the plan of a statement that charges, for any arguments.
func planOfCharge(t *testing.T, tell *teller, statement string) string {
	t.Helper()
	conn, err := tell.DB.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	for _, text := range []string{"SET plan_cache_mode = force_generic_plan", "PREPARE charge AS " + statement} {
		_, err = conn.ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
	var plan []string
	err = conn.NewRaw("EXPLAIN EXECUTE charge (?, 1, 1, 'k', 't', 'h', NULL, NULL, NULL, 'd', 1, NULL, now(), now())", tell.User).
		Scan(t.Context(), &plan)
	require.NoError(t, err)
	for _, text := range []string{"DEALLOCATE charge", "RESET plan_cache_mode"} {
		_, err = conn.ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
	return strings.Join(plan, "\n")
}
