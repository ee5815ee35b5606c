package generations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestFailStuckGoesRoundBadAccounts: one whose row somebody keeps locked and one
// whose hold is broken are refused, and all others fail.
func TestFailStuckGoesRoundBadAccounts(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		locked, broken, free := rich(t, env.DB, 100), rich(t, env.DB, 100), rich(t, env.DB, 100)
		place := func(genID, user string) {
			h := stream(user)
			h.GenID, h.Timeout = genID, 24*time.Hour
			_, err := generations.HoldGeneration(t.Context(), env.DB, h)
			require.NoError(t, err)
		}
		place("gen_a_free", free)
		place("gen_b_locked", locked)
		place("gen_c_broken", broken)
		place("gen_d_free", free)
		_, err := env.DB.NewRaw("UPDATE credits_holds SET allocations = '[{' WHERE user_uuid = ?", broken).Exec(t.Context())
		require.NoError(t, err)
		want := map[string]error{"gen_c_broken": credits.ErrCorrupt}
		fails := []string{"gen_a_free", "gen_b_locked", "gen_d_free"}
		if dialect.Of(env.DB).LocksRows() {
			holder, err := env.Open(t).BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer func() { _ = holder.Rollback() }()
			var seq int64
			require.NoError(t, holder.NewRaw("SELECT seq FROM credits WHERE user_uuid = ? FOR UPDATE", locked).Scan(t.Context(), &seq))
			want["gen_b_locked"] = dialect.ErrTransient
			fails = []string{"gen_a_free", "gen_d_free"}
		}
		patient := env.Open(t, chameleon.WithLockTimeout(time.Second))
		got, err := generations.FailStuck(t.Context(), patient, generations.FailStuckParams{OlderThan: time.Minute, At: noon.Add(time.Hour)})
		require.NoError(t, err)
		assert.Equal(t, fails, ids(got.Failed))
		require.Len(t, got.Refused, len(want))
		for _, refused := range got.Refused {
			require.ErrorIs(t, refused, want[refused.GenID], refused.GenID)
		}
	})
}
