package rediscache_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/cache"
	"github.com/chameleon-go/chameleon/cache/cachetest"
	"github.com/chameleon-go/chameleon/cache/rediscache"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func client(t *testing.T) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(enginetest.Redis(t))
	require.NoError(t, err)
	c := redis.NewClient(options)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c
}

func TestStore(t *testing.T) {
	t.Parallel()
	run := "chameleontest:" + time.Now().Format(time.RFC3339Nano) + ":"
	cachetest.Run(t, func(t *testing.T) cache.Store {
		return prefixed{rediscache.New(client(t)), run}
	})
}

// TestWhatOthersStoreIsNotBelieved: a key of the same name may be anybody's.
func TestWhatOthersStoreIsNotBelieved(t *testing.T) {
	t.Parallel()
	c := client(t)
	namespace := fmt.Sprint("test", time.Now().UnixNano(), "a")
	kept, err := cache.New(rediscache.New(c), cache.Options{Namespace: namespace, Timeout: 30 * time.Second})
	require.NoError(t, err)
	for name, content := range map[string]string{"nothing": "", "text": "hello", "value": "Vhello", "lease": "Lhello"} {
		require.NoError(t, c.Set(t.Context(), namespace+":"+name, content, time.Minute).Err())
		value, _, err := kept.Fetch(t.Context(), name, read("right"))
		require.NoError(t, err)
		assert.Equal(t, "right", string(value), name)
	}
	require.NoError(t, c.RPush(t.Context(), namespace+":list", "a").Err())
	value, _, err := kept.Fetch(t.Context(), "list", read("right"))
	require.NoError(t, err)
	assert.Equal(t, "right", string(value))
	require.NoError(t, c.Del(t.Context(), namespace+":list").Err())
}

// TestProcessesShareAServer: what one forgets the other does not find.
func TestProcessesShareAServer(t *testing.T) {
	t.Parallel()
	namespace := fmt.Sprint("test", time.Now().UnixNano(), "b")
	var processes []*cache.Cache
	for range 2 {
		kept, err := cache.New(rediscache.New(client(t)), cache.Options{Namespace: namespace, Timeout: 30 * time.Second})
		require.NoError(t, err)
		processes = append(processes, kept)
	}
	fetch := func(process int, now string) string {
		value, _, err := processes[process].Fetch(t.Context(), "a", read(now))
		require.NoError(t, err)
		return string(value)
	}
	assert.Equal(t, "1", fetch(0, "1"))
	assert.Equal(t, "1", fetch(1, "2"))
	processes[1].Forget(t.Context(), "a")
	assert.Equal(t, "2", fetch(0, "2"))
	assert.Equal(t, "2", fetch(1, "3"))
	processes[0].Forget(t.Context(), "a")
}
