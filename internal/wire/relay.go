package wire

import (
	"context"
	"io"
	"net"
	"net/url"
	"testing"
)

// Relay listens, and has handle take each connection together with one to the
// server of databaseURL. It returns the URL that leads through it, without TLS.
func Relay(t testing.TB, databaseURL string, handle func(client, server net.Conn)) *url.URL {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the database's URL cannot be parsed")
	}
	target := u.Host
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer func() { _ = client.Close() }()
				server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", target)
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

// Both copies in both directions until one side ends.
func Both(client, server net.Conn) {
	done := make(chan struct{}, 2)
	for from, to := range map[net.Conn]net.Conn{client: server, server: client} {
		go func() {
			_, _ = io.Copy(to, from)
			done <- struct{}{}
		}()
	}
	<-done
}
