package storm

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/torture/history"
	"github.com/chameleon-go/chameleon/internal/torture/judge"
	"github.com/chameleon-go/chameleon/internal/torture/proxy"
	"github.com/chameleon-go/chameleon/users"
)

// TestALateChargeIsTrapped: the trap holds the charge up, its caller is told
// that the outcome is unknown while the account is drained, and the server gets
// the request after that.
func TestALateChargeIsTrapped(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			return // nothing lies between SQLite and its callers
		}
		ctx := t.Context()
		direct := env.Direct(t)
		between, err := proxy.Listen(ctx, env.Engine, hostOf(direct), 1)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, between.Close()) })
		between.Calm(true)
		u, err := url.Parse(direct)
		require.NoError(t, err)
		if u.Host = between.Address(); env.Engine != dialect.PostgreSQL {
			u.RawQuery = "ssl-mode=DISABLED" // the proxy reads what passes
		}
		through, err := chameleon.Open(ctx, u.String(), chameleon.WithPoolSize(1))
		require.NoError(t, err)
		t.Cleanup(func() { _ = through.Close() }) // says that a connection was cut, as it was
		made, err := users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com"})
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "late.log")
		log, err := history.Open(path)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, log.Close()) })

		l := late{log: log, through: through, around: env.DB, proxy: between, user: made.User.UUID}
		require.NoError(t, l.play(ctx, "late", 7))
		assert.Equal(t, 1, between.Faults.Counts()[proxy.Belated])
		lines, err := history.Read(path)
		require.NoError(t, err)
		var told history.Class
		for _, line := range lines {
			if line.ID == "late.held" && line.Answer != nil {
				told = line.Answer.Class
			}
		}
		assert.Equal(t, history.Unknown, told)
		stored, err := credits.GetOperation(ctx, env.DB, credits.GetOperationParams{UserUUID: l.user, Key: "t:late.held"})
		require.NoError(t, err, "the server got the request")
		assert.EqualValues(t, 7, stored.Amount)
		tale, err := judge.Listen([]string{path})
		require.NoError(t, err)
		assert.Equal(t, 1, tale.Counts().Unknown)
	})
}
