package credits_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/credits/internal/ledgersuite"
	"github.com/chameleon-go/chameleon/credits/ledgertest"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestSemanticsAdopted plays what meets the tables most on those that Drizzle made for the
// original application: its accounts and rows are there, taken over, and its columns were
// widened, since the suite grants more than 32 bits hold.
func TestSemanticsAdopted(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		report, err := adopt.Run(t.Context(), env.DB, adopt.Params{Widen: true})
		require.NoError(t, err)
		require.Positive(t, report.Accounts)
		t.Run("callers", func(t *testing.T) {
			ledgersuite.RunCallers(t, ledgersuite.Suite{New: func(*testing.T) *bun.DB { return env.DB }})
		})
		t.Run("random", func(t *testing.T) { ledgertest.RunRandom(t, env.DB) })
		proven(t.Context(), t, env.DB, audit.VerifyParams{}) // the original's accounts, too, which the sweeps met
	})
}
