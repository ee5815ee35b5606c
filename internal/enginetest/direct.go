package enginetest

import (
	"context"
	"database/sql"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// reachable bounds the attempt to reach a server at its own address.
const reachable = 2 * time.Second

// Direct is URL with the server's own address where that can be reached. A
// container's published port leads through a forwarder, which takes the
// server's answers when the client is gone: what a server does with answers
// that it cannot deliver shows only without one.
func (e *Env) Direct(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal("the database's URL cannot be parsed")
	}
	host, err := e.address(t.Context())
	if err != nil || host == "" {
		return e.URL
	}
	conn, err := (&net.Dialer{Timeout: reachable}).DialContext(t.Context(), "tcp", host)
	if err != nil {
		return e.URL
	}
	_ = conn.Close()
	u.Host = host
	return u.String()
}

// address asks the server for its address. MySQL and MariaDB do not know it,
// but may read the file in which a container finds its own.
func (e *Env) address(ctx context.Context) (string, error) {
	if e.Engine == dialect.PostgreSQL {
		var host, port string
		err := e.DB.NewRaw("SELECT host(inet_server_addr()), inet_server_port()::text").Scan(ctx, &host, &port)
		return net.JoinHostPort(host, port), err
	}
	var name string
	var port int
	var hosts sql.NullString
	if err := e.DB.NewRaw("SELECT @@hostname, @@port, LOAD_FILE('/etc/hosts')").Scan(ctx, &name, &port, &hosts); err != nil {
		return "", err
	}
	for line := range strings.Lines(hosts.String) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == name {
			return net.JoinHostPort(fields[0], strconv.Itoa(port)), nil
		}
	}
	return "", nil
}
