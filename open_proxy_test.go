package chameleon_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
)

// relay listens, and has handle take each connection together with one to the
// server of databaseURL. It returns the URL that leads through it, without TLS.
func relay(t *testing.T, databaseURL string, handle func(client, server net.Conn)) *url.URL {
	t.Helper()
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	target := u.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer func() { _ = client.Close() }()
				server, err := net.Dial("tcp", target)
				if err != nil {
					return
				}
				defer func() { _ = server.Close() }()
				handle(client, server)
			}()
		}
	}()
	u.Host = listener.Addr().String()
	u.RawQuery = "sslmode=disable"
	return u
}

// both copies in both directions until one side ends.
func both(client, server net.Conn) {
	done := make(chan struct{}, 2)
	for from, to := range map[net.Conn]net.Conn{client: server, server: client} {
		go func() {
			_, _ = io.Copy(to, from)
			done <- struct{}{}
		}()
	}
	<-done
}

// hostileMySQL leads to a server that sets statement for every session before
// its client says anything, as a server's own defaults and its init_connect do.
func hostileMySQL(t *testing.T, databaseURL, statement string) string {
	t.Helper()
	u := relay(t, databaseURL, func(client, server net.Conn) {
		go func() { _, _ = io.Copy(server, client) }()
		// The login ends with the server's first packet that says OK.
		for first := true; ; first = false {
			packet, err := readPacket(server)
			if err != nil {
				return
			}
			ok := !first && packet[4] == 0
			if ok && exchange(server, statement) != nil {
				return
			}
			if _, err := client.Write(packet); err != nil {
				return
			}
			if ok {
				break
			}
		}
		_, _ = io.Copy(client, server)
	})
	return u.String()
}

// readPacket reads one packet of MySQL's protocol, its header included.
func readPacket(r io.Reader) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	packet := make([]byte, 4+(int(header[0])|int(header[1])<<8|int(header[2])<<16))
	copy(packet, header[:])
	_, err := io.ReadFull(r, packet[4:])
	return packet, err
}

// exchange sends a statement and takes its answer.
func exchange(server net.Conn, statement string) error {
	packet := binary.LittleEndian.AppendUint32(nil, uint32(len(statement)+1)) // the fourth byte, 0, is the sequence
	packet = append(append(packet, 3), statement...)
	if _, err := server.Write(packet); err != nil {
		return err
	}
	answer, err := readPacket(server)
	if err == nil && answer[4] != 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// nothing is a transaction that does nothing.
func nothing(context.Context, bun.Tx) error { return nil }
