package ledgerkey_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/ledgerkey"
)

// whats are the words that the module's packages use.
var whats = []string{
	"order:grant", "order:reversal:1", "order:reversal:11", "generation:charge", "generation:refund",
	"generation:hold", "generation:release", "generation-request:charge", "generation-request:hold", "commission", "commission-id", "commission-reduced:1",
	"commission-reduced:11", "commission-reduced:order", "ping", "chameleon:overdraft", "chameleon:overdrawn",
}

func TestTwoThingsNeverHaveOneKey(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	names := []string{
		"1", "a", ":", "a:", ":a", "a:grant", "grant:a", "1:a", "11:a", "1:1:a", "order:grant:a", "reversal:1:a",
		"order:a:grant", "a:reversal:1", "a:1", "a:11", "id:1", "sha256:a", strings.Repeat("x", 255), strings.Repeat("x", 256),
	}
	for _, what := range whats {
		for _, name := range names {
			key := ledgerkey.Of(what, name)
			require.LessOrEqual(t, len(key), 255)
			require.NotEmpty(t, ledgerkey.Reserved(key))
			thing := what + "\x00" + name
			assert.Empty(t, seen[key], "%q is %q and %q", key, seen[key], thing)
			seen[key] = thing
		}
	}
}

// FuzzOf tries pairs of names.
func FuzzOf(f *testing.F) {
	f.Add(0, "1:a", 1, "a")
	f.Add(9, "1:a", 10, "a")
	f.Fuzz(func(t *testing.T, i int, a string, j int, b string) {
		first, second := whats[uint(i)%uint(len(whats))], whats[uint(j)%uint(len(whats))]
		same := first == second && a == b
		require.Equal(t, same, ledgerkey.Of(first, a) == ledgerkey.Of(second, b))
	})
}

func TestOnlyAllowedKeysAreUsable(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	key := ledgerkey.Of("order:grant", "1")
	assert.Equal(t, "order:1:grant", key)
	assert.Contains(t, ledgerkey.Refused(ctx, key), `"order:"`)
	assert.NotEmpty(t, ledgerkey.Refused(ctx, ledgerkey.NewUser))
	for _, open := range []string{"", "1", "Order:x", "order", "order.x", " order:", "new_user:x", "orders:1"} {
		assert.Empty(t, ledgerkey.Refused(ctx, open), "%q", open)
	}
	ctx = ledgerkey.Allow(ledgerkey.Allow(ctx, key), "chameleon:other")
	assert.Empty(t, ledgerkey.Refused(ctx, key))
	assert.Empty(t, ledgerkey.Refused(ctx, "chameleon:other"))
	assert.NotEmpty(t, ledgerkey.Refused(ctx, key+"1"))
}
