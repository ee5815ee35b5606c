package dialect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A connection that the server closed while it was idle is not used again.
func TestIdleConnectionsAreTriedOut(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	db := env.Open(t, chameleon.WithPoolSize(1))
	var pid int
	require.NoError(t, db.NewRaw("SELECT pg_backend_pid()").Scan(t.Context(), &pid))
	_, err := env.DB.NewRaw("SELECT pg_terminate_backend(?)", pid).Exec(t.Context())
	require.NoError(t, err)
	time.Sleep(1100 * time.Millisecond) // idle for longer than a moment
	require.NoError(t, db.NewRaw("SELECT pg_backend_pid()").Scan(t.Context(), &pid))
}
