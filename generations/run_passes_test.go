package generations

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// TestWhatPasses: which failures do not keep what a provider made from being stored a
// little later.
func TestWhatPasses(t *testing.T) {
	t.Parallel()
	passing := map[dialect.Kind]bool{
		dialect.KindUnavailable: true, dialect.KindTooManyConnections: true, dialect.KindTransient: true, dialect.KindTimeout: true,
	}
	for kind := dialect.KindOther; kind <= dialect.KindTimeZone; kind++ {
		err := fmt.Errorf("settle: %w", &dialect.Error{Kind: kind})
		assert.Equal(t, passing[kind], passes(err), kind)
		assert.True(t, passes(&dialect.Error{Kind: kind, OutcomeUnknown: true}), kind)
	}
	assert.False(t, passes(&credits.ExceedsError{}))
	assert.False(t, passes(&StateError{}))
}
