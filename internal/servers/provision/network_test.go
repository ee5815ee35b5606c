package provision //nolint:testpackage // the flags are nobody else's

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/internal/engines"
)

// A server in the host's network that listens elsewhere than it was told is waited for
// until it counts as broken.
func TestServersInTheHostsNetworkListenWhereTheyAreTold(t *testing.T) {
	t.Parallel()
	for _, engine := range engines.All() {
		flags := strings.Join(listens(engine, "12345"), " ")
		assert.Contains(t, flags, "12345", engine)
		assert.Contains(t, flags, "127.0.0.1", engine)
	}
}
