package credits_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestStatsOfADisputeThatIsWon: it gives back debt that other grants paid.
func TestStatsOfADisputeThatIsWon(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		tell.Grant("bought", 100)
		tell.Charge("spent", 80, hour(1))
		dispute := credits.ClawBackParams{
			UserUUID: tell.User, GrantKey: "bought", Total: 100, Source: credits.SourceDispute, Key: "lost", At: hour(2),
		}
		tell.Do(dispute) // takes 20, and 80 become debt
		gift := tell.GrantOp("gift", 50)
		gift.At = hour(3)
		tell.Do(gift) // pays 50 of it
		dispute.Total, dispute.Reinstate, dispute.Key, dispute.At = 0, true, "won", hour(4)
		tell.Do(dispute)

		got, err := credits.Stats(t.Context(), env.DB, credits.StatsParams{
			UserUUID: tell.User, From: start, To: hour(24), Period: credits.PeriodDay, At: hour(24),
		})
		require.NoError(t, err)
		checkIdentity(t, got)
		require.EqualValues(t, 70, got.Net)
		require.EqualValues(t, 150, got.Granted)
		require.EqualValues(t, 80, got.Consumed)
		require.Zero(t, got.TakenBack, "what was taken back was given back")
		won, err := credits.Stats(t.Context(), env.DB, credits.StatsParams{
			UserUUID: tell.User, From: hour(4), To: hour(5), At: hour(24),
		})
		require.NoError(t, err)
		checkIdentity(t, won)
		require.EqualValues(t, -100, won.TakenBack)
	})
}

// TestStatsTypesCompareByteForByte: a team's type that an engine's collation
// takes for one of the ledger's, or for another of the team's, is neither.
func TestStatsTypesCompareByteForByte(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		tell.Grant("bought", 100)
		types := []string{"Claw_Back", "DEBT_PAYMENT", "débt_payment", "vöid", "Carry_over", "fee", "Fee", "fée"}
		for i, name := range types {
			tell.Do(credits.ChargeParams{UserUUID: tell.User, Amount: int64(i + 1), Type: name, Key: "charge " + name, At: hour(1)})
			tell.Do(credits.RefundParams{UserUUID: tell.User, ChargeKey: "charge " + name, Amount: 1, Type: name, Key: "refund " + name, At: hour(1)})
		}
		for _, name := range []string{"fee ", "void ", "debt_payment "} { // other programs may write these
			_, err := env.DB.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, created_at) VALUES (?, ?, 7, ?)",
				tell.User, name, hour(1).Format("2006-01-02 15:04:05")).Exec(t.Context())
			require.NoError(t, err)
			types = append(types, name)
		}
		got, err := credits.Stats(t.Context(), env.DB, credits.StatsParams{UserUUID: tell.User, From: hour(1), To: hour(2), At: hour(2)})
		require.NoError(t, err)
		checkIdentity(t, got)
		require.Len(t, got.ByType, len(types))
		byType := map[string]credits.StatsSums{}
		for _, s := range got.ByType {
			byType[s.Type] = s.StatsSums
		}
		for i, name := range types {
			want := credits.StatsSums{Positive: 1, Negative: int64(i + 1), Consumed: int64(i + 1), Refunded: 1, Net: -int64(i)}
			if i >= len(types)-3 {
				want = credits.StatsSums{Positive: 7, Granted: 7, Net: 7}
			}
			require.Equal(t, want, byType[name], "%q", name)
		}
		for _, name := range []string{"fee", "Fee", "fée", "Claw_Back"} {
			lines := pageThrough(t, env.DB, credits.StatementParams{UserUUID: tell.User, Types: []string{name}, Limit: 50})
			require.Len(t, lines, 2, "%q", name)
			for _, line := range lines {
				require.Equal(t, name, line.Type)
			}
		}
	})
}
