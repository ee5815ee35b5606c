package credits_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestSoak runs the random tests over and over, side by side on every engine,
// for as long as CHAMELEON_SOAK says, such as 10m. Without it there is nothing
// to run: each of the three has a test of its own.
func TestSoak(t *testing.T) {
	t.Parallel()
	text := os.Getenv("CHAMELEON_SOAK")
	if text == "" {
		t.Skip("CHAMELEON_SOAK says how long to soak, such as 10m")
	}
	length, err := time.ParseDuration(text)
	require.NoError(t, err, "CHAMELEON_SOAK")
	rapidChecks(t)
	end := time.Now().Add(length)
	rounds := map[string]func(*testing.T, *enginetest.Env){
		"model": func(t *testing.T, env *enginetest.Env) {
			rapid.Check(t, func(rt *rapid.T) { newMachine(env.DB).run(rt) })
		},
		"linearizable": func(t *testing.T, env *enginetest.Env) { checkLinearizable(t, env.DB) },
		"kills":        func(t *testing.T, env *enginetest.Env) { killRound(t, env, 6, 20) },
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, round := range rounds {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				own := enginetest.New(t, env.Engine) // a sweep of one reaches every account
				n := 0
				for ; time.Now().Before(end) && !t.Failed(); n++ {
					round(t, own)
				}
				t.Logf("%d rounds on %s", n, dialect.Of(own.DB).Engine)
			})
		}
	})
}
