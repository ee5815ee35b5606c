package credits_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestTotalsReadTheLatestEntries: with totals the history is not read, on a table of which
// the planner knows nothing yet; and an edge that is no quarter of an hour has a part of it
// read.
func TestTotalsReadTheLatestEntries(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		const digits = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4" +
			" UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
		// 5,000 charges, one a minute.
		_, err := env.DB.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, seq, op_seq, lot, at_us) "+
			"SELECT 'u', 'ai_generation', -1, i + 2, i + 2, 1, ? + i * 6000000000 / 100 FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS i FROM "+
			digits+" AS a, "+digits+" AS b, "+digits+" AS c, "+digits+" AS e WHERE e.d < 5) AS numbers ORDER BY i", start.UnixMicro()).Exec(t.Context())
		require.NoError(t, err)
		c := newCounting(t, env)
		if !c.counts {
			c.nothing()
			return
		}
		c.keep(900)
		require.EqualValues(t, 4500, c.keep(900).Counted)
		db, seen := env.Record(t)
		for want, p := range map[int64]credits.TotalsParams{
			4980: {From: start, To: hour(83)},
			4979: {From: start, To: hour(83).Add(-60_000_000_000)},
		} {
			seen.Take()
			got, err := credits.Totals(t.Context(), db, p)
			require.NoError(t, err)
			require.Equal(t, want, got.Consumed)
			sent := seen.Literals()
			require.Len(t, sent, 2, "which are counted, and the sums")
			plan := env.Explain(t, sent[1])
			require.False(t, env.Scans(plan, "credits_trans"), "%s\n%s", strings.Join(sent, "\n"), plan)
		}
	})
}
