package chameleon_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
)

// stripsTLS listens as somebody on the way does who says that the server has no TLS,
// by hello. heard ends that and returns what clients went on with.
func stripsTLS(t *testing.T, hello func(conn net.Conn) error) (addr string, heard func() string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	said := make(chan string)
	go func() {
		var text []byte
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			if hello(conn) == nil {
				more := make([]byte, 512)
				n, _ := conn.Read(more) // or the client has gone
				text = append(text, more[:n]...)
			}
			_ = conn.Close()
		}
		said <- string(text)
	}()
	return listener.Addr().String(), func() string {
		_ = listener.Close()
		return <-said
	}
}

// strippedPostgres answers the request for TLS by a no.
func strippedPostgres(conn net.Conn) error {
	if _, err := io.ReadFull(conn, make([]byte, 8)); err != nil {
		return err
	}
	_, err := conn.Write([]byte("N"))
	return err
}

// strippedMySQL greets without the capability.
func strippedMySQL(conn net.Conn) error {
	const capabilities = 0x00000200 | 0x00008000 | 0x00080000 // 4.1, its authentication, by plugins
	var b bytes.Buffer
	b.WriteString("\x0a8.0.36\x00\x01\x00\x00\x00saltsalt\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, capabilities&0xffff))
	b.WriteString("\x2d\x02\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, capabilities>>16))
	b.WriteString("\x15" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "saltsaltsalt\x00mysql_native_password\x00")
	head := binary.LittleEndian.AppendUint32(nil, uint32(b.Len()))
	_, err := conn.Write(append(append(head[:3], 0), b.Bytes()...))
	return err
}

// TestStrippedTLS: where TLS was asked for in any word, a server that says it has
// none gets neither user nor password nor anything else.
func TestStrippedTLS(t *testing.T) {
	t.Parallel()
	for scheme, c := range map[string]struct {
		hello         func(net.Conn) error
		asked, unused []string
	}{
		"postgres": {
			strippedPostgres,
			[]string{"sslmode=require", "sslmode=verify-full", "ssl=true", "sslmode=no-verify", "channel_binding=require", "sslmode=disable&ssl=1"},
			[]string{"", "sslmode=prefer"},
		},
		"mysql": {
			strippedMySQL,
			[]string{"ssl-mode=REQUIRED", "sslaccept=strict", "ssl=true", "tls=skip-verify", `ssl={"rejectUnauthorized":false}`, "ssl-mode=PREFERRED&ssl=1"},
			[]string{"", "ssl-mode=PREFERRED"},
		},
	} {
		for _, params := range c.asked {
			addr, heard := stripsTLS(t, c.hello)
			_, err := chameleon.Open(t.Context(), scheme+"://owner:hunter2hunter2@"+addr+"/app?"+params)
			require.ErrorIs(t, err, dialect.ErrTLS, params)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.Empty(t, heard(), "%s: nothing is said in the clear", params)
		}
		for _, params := range c.unused {
			addr, heard := stripsTLS(t, c.hello)
			_, err := chameleon.Open(t.Context(), scheme+"://owner:hunter2hunter2@"+addr+"/app?"+params)
			require.Error(t, err, params)
			assert.Contains(t, heard(), "owner", "%s: the test sees what is said", params)
		}
	}
}
