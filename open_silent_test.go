package chameleon_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// silentAfter leads to a server that answers with so many bytes in all, and
// then keeps the connection open and says nothing. It counts what it relayed.
func silentAfter(t *testing.T, databaseURL string, limit int64) (u *url.URL, relayed *atomic.Int64) {
	t.Helper()
	relayed = new(atomic.Int64)
	return wire.Relay(t, databaseURL, func(client, server net.Conn) {
		go func() {
			_, _ = io.Copy(client, &io.LimitedReader{R: counting{server, relayed}, N: limit})
		}()
		_, _ = io.Copy(server, client) // until the client gives up
	}), relayed
}

type counting struct {
	io.Reader
	n *atomic.Int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// unanswered checks that err is about reaching the server.
func unanswered(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, dialect.ErrUnavailable)
	assert.ErrorContains(t, err, "firewall")
	assert.NotContains(t, err.Error(), "slow query")
	assert.NotContains(t, err.Error(), "SECRET")
	var e *dialect.Error
	require.ErrorAs(t, err, &e)
	assert.NotEmpty(t, e.Engine)
}

// TestSilentServers: a server may stop answering at any point until Open is
// done, after the login, too. Open gives up by itself, and says that it is the
// server that does not answer.
func TestSilentServers(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		whole, counted := silentAfter(t, env.URL, 1<<30)
		db, err := chameleon.Open(t.Context(), whole.String())
		require.NoError(t, err)
		total := counted.Load()
		require.NoError(t, db.Close())
		require.Greater(t, total, int64(100))
		const points = 12
		for i := range int64(points) {
			u, _ := silentAfter(t, env.URL, total*i/points)
			_, err := chameleon.Open(context.Background(), u.String(), chameleon.WithConnectTimeout(300*time.Millisecond))
			unanswered(t, err)
			assert.Equal(t, dialect.KindUnavailable, kindOf(t, err), "the limit was Open's own")
		}
		u, _ := silentAfter(t, env.URL, total/2)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err = chameleon.Open(ctx, u.String())
		unanswered(t, err)
		assert.Equal(t, dialect.KindTimeout, kindOf(t, err), "the limit was the caller's")
	})
}

func kindOf(t *testing.T, err error) dialect.Kind {
	t.Helper()
	var e *dialect.Error
	require.ErrorAs(t, err, &e)
	return e.Kind
}

// TestSilentLater: a pool that has to connect again says the same, whoever
// asks: bun itself, or a transaction.
func TestSilentLater(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		var silent atomic.Bool
		u := wire.Relay(t, env.URL, func(client, server net.Conn) {
			if silent.Load() {
				_, _ = io.Copy(io.Discard, client)
				return
			}
			wire.Both(client, server)
		})
		db, err := chameleon.Open(t.Context(), u.String(), chameleon.WithConnectTimeout(2*time.Second), chameleon.WithPoolSize(2))
		require.NoError(t, err)
		held, err := db.Conn(t.Context())
		require.NoError(t, err)
		silent.Store(true)
		_, err = db.NewRaw("SELECT 1").Exec(context.Background())
		unanswered(t, err)
		err = dialect.InTx(context.Background(), db, noWork)
		unanswered(t, err)
		require.NoError(t, held.Close())
		require.NoError(t, db.Close())
	})
}

// TestUnreachableAddress: packets to it are dropped or refused on the way.
func TestUnreachableAddress(t *testing.T) {
	for _, scheme := range []string{"postgresql", "mysql"} {
		_, err := chameleon.Open(context.Background(), scheme+"://u:SECRET@192.0.2.1/db", chameleon.WithConnectTimeout(200*time.Millisecond))
		unanswered(t, err)
	}
}

// TestUnmetSessionAttrs: the hosts are reached, and none is what is asked for;
// whatever else failed on the way, that is what is said.
func TestUnmetSessionAttrs(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, refused.Close()) // nobody listens there
	for _, hosts := range []string{u.Host, u.Host + "," + u.Host, u.Host + "," + refused.Addr().String(), refused.Addr().String() + "," + u.Host} {
		for _, params := range []string{"", "sslmode=disable&", "sslmode=prefer&", "sslmode=allow&"} {
			for _, attrs := range []string{"target_session_attrs=standby", "target_session_attrs=read-only", "targetServerType=secondary"} {
				asked := *u
				asked.Host, asked.RawQuery = hosts, params+attrs
				_, err := chameleon.Open(t.Context(), asked.String())
				require.ErrorIs(t, err, dialect.ErrUnavailable, asked.Host)
				require.NotErrorIs(t, err, dialect.ErrTLS)
				assert.ErrorContains(t, err, "is what target_session_attrs asks for")
				assert.NotContains(t, err.Error(), "\n")
			}
		}
	}
	u.Host, u.RawQuery = refused.Addr().String()+","+u.Host, "target_session_attrs=primary"
	var one int
	works(t, u, "SELECT 1", &one)
}

// TestRefusedTLSIsNotTheReason: where TLS was tried and not insisted on, what
// went wrong without it is what is said.
func TestRefusedTLSIsNotTheReason(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = client.Close() }()
				request := make([]byte, 8)
				if _, err := io.ReadFull(client, request); err == nil && request[3] == 8 { // SSLRequest
					_, _ = client.Write([]byte("N"))
				}
				_, _ = io.Copy(io.Discard, client) // and nothing more
			}()
		}
	}()
	databaseURL := "postgresql://u:SECRET@" + listener.Addr().String() + "/db"
	_, err = chameleon.Open(context.Background(), databaseURL, chameleon.WithConnectTimeout(200*time.Millisecond))
	unanswered(t, err)
	require.NotErrorIs(t, err, dialect.ErrTLS)
	_, err = chameleon.Open(context.Background(), databaseURL+"?sslmode=require", chameleon.WithConnectTimeout(200*time.Millisecond))
	require.ErrorIs(t, err, dialect.ErrTLS, "where it was insisted on, it is")
}

// noWork is a transaction that does nothing.
func noWork(context.Context, bun.Tx) error { return nil }
