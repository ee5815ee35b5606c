package pgxtx_test

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/bridge/pgxtx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// turns counts how often a connection's client has to wait: writes that follow
// something read.
type turns struct {
	net.Conn
	mu   sync.Mutex
	read bool
	n    int
}

func (c *turns) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = c.read || n > 0
	return n, err
}

func (c *turns) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.read {
		c.read, c.n = false, c.n+1
	}
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// since returns the round trips since it was asked last.
func (c *turns) since() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.n
	c.n = 0
	return n
}

// TestChargeRoundTrips counts on the wire: a charge that fits is one round trip in
// a transaction of the team's own, in the modes that prepare statements once or
// never. It is what pgx's own statement is.
func TestChargeRoundTrips(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	user := uuid.NewString()
	_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: user, Amount: 1000, Type: credits.TypeSystemAdd})
	require.NoError(t, err)
	bridge := pgxtx.New()
	for _, name := range []string{"cached", "described", "simple"} {
		config, err := pgx.ParseConfig(env.URL)
		require.NoError(t, err)
		config.DefaultQueryExecMode = modes[name]
		var wire *turns
		config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			wire = &turns{Conn: conn}
			return wire, err
		}
		config.TLSConfig = nil
		conn, err := pgx.ConnectConfig(t.Context(), config)
		require.NoError(t, err)
		tx, err := conn.Begin(t.Context())
		require.NoError(t, err)
		for i := range 4 {
			wire.since()
			var one int
			require.NoError(t, tx.QueryRow(t.Context(), "SELECT 1").Scan(&one))
			own := wire.since()
			require.NoError(t, bridge.In(t.Context(), tx, func(ctx context.Context, tx bun.Tx) error {
				_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: 1, Key: name + strconv.Itoa(i)})
				return err
			}))
			trips := wire.since()
			if i > 0 { // the first time statements are prepared
				require.Equal(t, 1, own, name)
				require.Equal(t, 1, trips, "round trips of a charge, %s", name)
			}
		}
		require.NoError(t, tx.Commit(t.Context()))
		require.NoError(t, conn.Close(t.Context()))
	}
}
