package generations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
)

// TestEntriesOfAGenerationNameIt: however a generation that holds credits ends,
// each of its entries can be found by it.
func TestEntriesOfAGenerationNameIt(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := rich(t, env.DB, 1000)
		for genID, end := range map[string]func(genID string) error{
			"gen_settled": func(genID string) error {
				_, err := generations.Settle(t.Context(), env.DB, generations.SettleParams{GenID: genID, Cost: 1, ResultURLs: result, At: noon})
				return err
			},
			"gen_free": func(genID string) error {
				_, err := generations.Settle(t.Context(), env.DB, generations.SettleParams{GenID: genID, Free: true, ResultURLs: result, At: noon})
				return err
			},
			"gen_failed": func(genID string) error {
				_, err := generations.Fail(t.Context(), env.DB, generations.FailParams{GenID: genID, At: noon})
				return err
			},
			"gen_extended_timed_out": func(genID string) error {
				_, err := generations.Extend(t.Context(), env.DB, generations.ExtendParams{GenID: genID, Timeout: 2 * time.Hour, At: noon})
				return err
			},
		} {
			h := stream(user)
			h.GenID = genID
			_, err := generations.HoldGeneration(t.Context(), env.DB, h)
			require.NoError(t, err)
			require.NoError(t, end(genID))
		}
		_, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{At: noon.Add(3 * time.Hour)})
		require.NoError(t, err)
		page, err := credits.Statement(t.Context(), env.DB, credits.StatementParams{UserUUID: user, Limit: list.MaxLimit})
		require.NoError(t, err)
		lines := map[string]int{}
		for _, line := range page.Items {
			if line.Kind != credits.KindGrant && line.Kind != credits.KindPaidGrant {
				require.NotEmpty(t, line.GenID, "%s %s", line.Kind, line.Key)
				lines[line.GenID]++
			}
		}
		require.Equal(t, map[string]int{"gen_settled": 2, "gen_free": 2, "gen_failed": 2, "gen_extended_timed_out": 3}, lines)
	})
}
