package enginetest

import (
	"testing"

	"github.com/chameleon-go/chameleon/internal/engines"
)

// Redis returns the URL of the Redis or Valkey server, which tests share: each names its
// keys so that no other's are meant. One that is not there ends the test as an engine's
// server does.
func Redis(t testing.TB) string {
	t.Helper()
	found, ok := engines.FromEnvironment(engines.Redis)
	switch {
	case !wanted(engines.Redis):
		t.Skipf("CHAMELEON_TEST_ENGINES leaves %s out", engines.Redis)
	case !ok:
		missing(t, engines.Redis, errNotSet(engines.Redis))
	}
	report(t, engines.Redis)
	return found.URL
}
