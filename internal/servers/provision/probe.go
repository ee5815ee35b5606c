package provision

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// startTimeout bounds a server's start, first initialization included;
// urlTimeout the wait for a server that somebody else started.
const (
	startTimeout = 2 * time.Minute
	urlTimeout   = 20 * time.Second
)

// serverURL is the URL of a server on the loopback interface.
func serverURL(engine dialect.Engine, port, password string) string {
	if engine == engines.Redis {
		return "redis://" + url.UserPassword("", password).String() + "@127.0.0.1:" + port
	}
	u := url.URL{Scheme: "mysql", User: url.UserPassword("root", password), Host: "127.0.0.1:" + port, Path: "/mysql"}
	if engine == dialect.PostgreSQL {
		u.Scheme, u.Path, u.RawQuery = "postgres", "/postgres", "sslmode=disable"
		u.User = url.UserPassword("postgres", password)
	}
	return u.String()
}

// errOtherEngine is a server that is up and is not what it was taken for.
var errOtherEngine = errors.New("the wrong engine")

// waitReady waits until the server answers a query and returns its version.
// It gives up when the context ends, when another engine answers, or as soon
// as ended is closed.
func waitReady(ctx context.Context, engine dialect.Engine, rawURL string, ended <-chan struct{}) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		version, err := versionOf(ctx, engine, rawURL)
		if err == nil || errors.Is(err, errOtherEngine) {
			return version, err
		}
		select {
		case <-ended:
			return "", fmt.Errorf("the server ended before it was ready: %w", err)
		case <-ctx.Done():
			return "", fmt.Errorf("not ready: %w", errors.Join(err, ctx.Err()))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// versionOf asks the server for its version, and checks that it is the engine
// that it was taken for.
func versionOf(ctx context.Context, engine dialect.Engine, rawURL string) (string, error) {
	if engine == engines.Redis {
		return redisVersion(ctx, rawURL)
	}
	db, err := engines.OpenAdmin(engine, rawURL)
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // a probe's handle: nothing was written

	version, err := engines.Version(ctx, engine, db)
	if err != nil {
		return "", err
	}
	if isMariaDB := strings.Contains(version, "MariaDB"); isMariaDB != (engine == dialect.MariaDB) {
		return "", fmt.Errorf("%w: it is not %s, it says %s", errOtherEngine, engine, version)
	}
	return version, nil
}

// withHost is a URL with another host and port.
func withHost(rawURL, host string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return rawURL // made by serverURL
	}
	u.Host = host
	return u.String()
}
