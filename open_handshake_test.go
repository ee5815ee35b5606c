package chameleon_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
)

// TestHandshakesThatDoNotFit: a server that asks for another way to log in
// than this client has is not one that cannot be reached.
func TestHandshakesThatDoNotFit(t *testing.T) {
	auth := func(method uint32, data string) string {
		body := binary.BigEndian.AppendUint32(nil, method)
		body = append(body, data...)
		return "R" + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))) + string(body)
	}
	for name, c := range map[string]struct {
		params, answer string
		kind           error
	}{
		"mechanism":       {"", auth(10, "X-NEW\x00\x00"), dialect.ErrUnauthenticated},
		"no such method":  {"require_auth=scram-sha-256", auth(3, ""), dialect.ErrUnauthenticated},
		"channel binding": {"channel_binding=require", auth(3, ""), dialect.ErrTLS},
		"nonce":           {"", auth(10, "SCRAM-SHA-256\x00\x00") + auth(11, "r=x,s=YQ==,i=4096"), dialect.ErrUnauthenticated},
		"not PostgreSQL":  {"", "HTTP/1.1 400 Bad Request\r\n\r\n", dialect.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chameleon.Open(t.Context(), "postgresql://u:SECRET@"+answering(t, c.answer)+"/db?sslmode=disable&"+c.params)
			require.ErrorIs(t, err, c.kind)
			assert.ErrorContains(t, err, "remedy: ")
			assert.NotContains(t, err.Error(), "SECRET")
		})
	}
	for _, answer := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n", "\x05\x00\x00\x00\x09abcd", ""} {
		_, err := chameleon.Open(t.Context(), "mysql://u:SECRET@"+answering(t, answer)+"/db")
		require.ErrorIs(t, err, dialect.ErrUnavailable, answer)
		assert.ErrorContains(t, err, "remedy: ")
		assert.NotContains(t, err.Error(), "SECRET")
	}
}

// answering listens, says answer to whatever comes, and hangs up.
func answering(t *testing.T, answer string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = client.Close() }()
				_, _ = client.Write([]byte(answer))
				_ = client.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, client)
			}()
		}
	}()
	return listener.Addr().String()
}
