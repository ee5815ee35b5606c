package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestPushShardedByTheCommand: the first push decides on the layout, and all that follows
// goes by that.
func TestPushShardedByTheCommand(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		s := newShell(t)
		s.variables["DATABASE_URL"] = env.URL
		if env.Engine == dialect.SQLite {
			assert.Contains(t, s.refused(exitUsage, "push", "--sharded"), "no shards")
			return
		}
		planned := s.ok("push", "--sharded", "--sql")
		assert.NotEqual(t, planned, s.ok("push", "--sql"))
		s.ok("push", "--sharded")
		const upToDate = "the schema is up to date\n"
		assert.Equal(t, upToDate, s.ok("push"))
		assert.Equal(t, upToDate, s.ok("push", "--sharded"))
		assert.Equal(t, upToDate, s.ok("plan"))
		assert.Contains(t, s.ok("status"), "up to date")
		s.ok("undo")
		assert.Equal(t, planned, s.ok("push", "--sharded", "--sql"))
	})
}
