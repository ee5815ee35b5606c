package credits_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits/internal/ledgersuite"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestSoak runs the random tests over and over on every engine, for as long as
// CHAMELEON_SOAK says, such as 10m. Without it there is nothing to run: each of
// the three has a test of its own.
func TestSoak(t *testing.T) {
	text := os.Getenv("CHAMELEON_SOAK")
	if text == "" {
		t.Skip("CHAMELEON_SOAK says how long to soak, such as 10m")
	}
	length, err := time.ParseDuration(text)
	require.NoError(t, err, "CHAMELEON_SOAK")
	enginetest.RandomChecks(t)
	end := time.Now().Add(length)
	for n := 1; time.Now().Before(end) && !t.Failed(); n++ {
		t.Run(fmt.Sprint("round ", n), func(t *testing.T) {
			enginetest.Run(t, soakRound)
		})
	}
}

func soakRound(t *testing.T, env *enginetest.Env) {
	t.Run("linearizable", func(t *testing.T) { checkLinearizable(t, env.DB) })
	t.Run("kills", func(t *testing.T) { killRound(t, env, 6, 20) })
	t.Run("model", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) { ledgersuite.Random(rt, env.DB, nil) })
	})
}
