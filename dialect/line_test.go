package dialect_test

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// line is a connection's way to the server, which can be cut at a statement:
// with the statement delivered and the server's answer lost, or before it
// arrives.
type line struct {
	address string
	at      func(packet []byte) bool
	deliver bool
	// silent leaves the connection open, without another word either way.
	silent bool
	cut    atomic.Bool // at the next such statement
}

// newLine listens on a port of its own and passes everything on to target.
func newLine(t *testing.T, target string, at func([]byte) bool, deliver bool) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	l := &line{address: listener.Addr().String(), at: at, deliver: deliver}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			t.Cleanup(func() { _, _ = client.Close(), server.Close() }) // a silent one would hold its locks
			go l.pass(client, server)
		}
	}()
	return l
}

// isCommit tells COMMIT from READ COMMITTED in what a client sends.
func isCommit(packet []byte) bool {
	packet = bytes.ToUpper(packet)
	for _, other := range []string{"COMMITTED", "AUTOCOMMIT"} { // names of an isolation level and of a setting
		packet = bytes.ReplaceAll(packet, []byte(other), nil)
	}
	return bytes.Contains(packet, []byte("COMMIT"))
}

// pass carries a client's statements one way and the answers the other.
func (l *line) pass(client, server net.Conn) {
	defer func() { _, _ = client.Close(), server.Close() }()
	var deaf atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		defer func() { _ = client.Close() }()
		buffer := make([]byte, 1<<16)
		for {
			n, err := server.Read(buffer)
			if err == nil && deaf.Load() && l.silent {
				continue
			}
			if err != nil || deaf.Load() { // deaf: the server has done it, nobody hears
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if l.at(buffer[:n]) && l.cut.Swap(false) {
			deaf.Store(true)
			if l.silent {
				_, _ = io.Copy(io.Discard, client)
				return
			}
			if l.deliver {
				_, _ = server.Write(buffer[:n])
				<-answered
			}
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}
