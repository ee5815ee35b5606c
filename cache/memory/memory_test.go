package memory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/cache"
	"github.com/chameleon-go/chameleon/cache/cachetest"
	"github.com/chameleon-go/chameleon/cache/memory"
)

func TestStore(t *testing.T) {
	t.Parallel()
	cachetest.Run(t, func(*testing.T) cache.Store { return memory.New(memory.Options{}) })
}

// TestWhatIsUsedLeastMakesRoom: the store holds what fits.
func TestWhatIsUsedLeastMakesRoom(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Options{MaxBytes: 100_000})
	put := func(name string, size int) {
		entry, err := s.Get(t.Context(), name, time.Hour)
		require.NoError(t, err)
		_, err = s.Put(t.Context(), name, entry.Lease, make([]byte, size))
		require.NoError(t, err)
	}
	held := func(name string) bool {
		entry, err := s.Get(t.Context(), name, time.Hour)
		require.NoError(t, err)
		return entry.Value != nil
	}
	put("used", 10_000)
	for i := range 50 {
		put(fmt.Sprint(i), 10_000)
		require.True(t, held("used"), "after %d", i)
	}
	assert.False(t, held("0"))
	put("too large", 200_000)
	assert.False(t, held("too large"))
}
