package dialect_test

import (
	"bytes"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A statement outside a transaction, whose answer is lost after the server
// performed it, is not performed again on another connection.
func TestHandleRunsAStatementOnce(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		u, err := url.Parse(env.URL)
		require.NoError(t, err)
		l := newLine(t, u.Host, func(packet []byte) bool { return bytes.Contains(packet, []byte("n + 1")) }, true)
		u.Host = l.address
		q := u.Query()
		q.Set("sslmode", "disable") // so that the statement can be seen
		u.RawQuery = q.Encode()
		db, err := chameleon.Open(t.Context(), u.String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		counters(t, db)

		l.cut.Store(true)
		_, err = db.NewRaw("UPDATE counters SET n = n + 1").Exec(t.Context())
		require.Error(t, err)
		require.ErrorIs(t, dialect.Classify(err), dialect.ErrUnavailable)
		assert.False(t, l.cut.Load(), "the line was cut")
		assert.Equal(t, 1, counted(t, rawDB(t, env)))

		_, err = db.NewRaw("UPDATE counters SET n = n + 1").Exec(t.Context())
		require.NoError(t, err, "the handle recovers")
		assert.Equal(t, 2, counted(t, db))
	})
}
