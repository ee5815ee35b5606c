package transfer_test

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/transfer"
)

// reached are the engines that this run has, SQLite first.
func reached() []dialect.Engine {
	found := []dialect.Engine{dialect.SQLite}
	only := os.Getenv("CHAMELEON_TEST_ENGINES")
	for _, e := range engines.OfServers() {
		_, there := engines.FromEnvironment(e)
		if engines.Required() || there && (only == "" || slices.Contains(strings.Split(only, ","), string(e))) {
			found = append(found, e)
		}
	}
	return found
}

func TestCopyRoundTrip(t *testing.T) {
	t.Parallel()
	source := enginetest.New(t, dialect.SQLite)
	fill(t, source.DB, 60)
	want := dump(t, source.DB)
	from, chain := source, []*enginetest.Env(nil)
	sums := map[string]string{}
	for _, engine := range append(reached()[1:], dialect.SQLite) {
		to := enginetest.NewEmpty(t, engine)
		result, err := chameleon.Copy(t.Context(), from.DB, to.DB, transfer.CopyParams{})
		require.NoError(t, err, "%s to %s", from.Engine, engine)
		require.True(t, result.OK(), result)
		require.Empty(t, result.Left)
		requireSame(t, want, dump(t, to.DB))
		for _, table := range result.Tables {
			require.Len(t, table.Checksum, 64)
			if sums[table.Table] != "" {
				require.Equal(t, sums[table.Table], table.Checksum, table.Table)
			}
			sums[table.Table] = table.Checksum
		}
		from = to
		chain = append(chain, to)
	}
	for _, env := range chain {
		(&filler{rand: rand.New(rand.NewPCG(2, 2)), next: 1 << 20}).more(t, env.DB, 3) // numbers go on
		var seqs []int64
		done, err := events.Deliver(t.Context(), env.DB, events.DeliverParams{Handler: func(_ context.Context, e events.Event) error {
			seqs = append(seqs, e.Seq)
			return nil
		}})
		require.NoError(t, err)
		require.EqualValues(t, 6, done.Delivered)
		require.Equal(t, []int64{1, 2, 3, 4, 5, 6}, seqs, "what was in the outbox, and then what was written here")
	}
}
