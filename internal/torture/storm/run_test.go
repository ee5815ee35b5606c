package storm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestARunEndsInTime: a database is begun only if there is time to work on it,
// and is worked on no longer than there is.
func TestARunEndsInTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		left, working time.Duration
		enough        bool
	}{
		{time.Hour, 30 * time.Second, true},
		{20 * time.Second, 20 * time.Second, true},
		{10 * time.Second, 10 * time.Second, true},
		{10*time.Second - 1, 10 * time.Second, false},
		{-time.Second, 10 * time.Second, false},
	} {
		working, enough := roundTime(30*time.Second, c.left)
		assert.Equal(t, c.working, working, c.left)
		assert.Equal(t, c.enough, enough, c.left)
	}
}
