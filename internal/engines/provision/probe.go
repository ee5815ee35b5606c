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

// startTimeout bounds a server's start, first initialisation included.
const startTimeout = 2 * time.Minute

// serverURL is the URL of a server on the loopback interface.
func serverURL(engine dialect.Engine, port, password string) string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword("root", password), Host: "127.0.0.1:" + port, Path: "/mysql"}
	if engine == dialect.PostgreSQL {
		u.Scheme, u.Path, u.RawQuery = "postgres", "/postgres", "sslmode=disable"
		u.User = url.UserPassword("postgres", password)
	}
	return u.String()
}

// waitReady waits until the server answers a query and returns its version.
// It gives up when the context ends, or as soon as ended is closed.
func waitReady(ctx context.Context, engine dialect.Engine, rawURL string, ended <-chan struct{}) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		version, err := versionOf(ctx, engine, rawURL)
		if err == nil {
			return version, nil
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
	db, err := engines.OpenAdmin(engine, rawURL)
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // a probe's handle: nothing was written

	query := "SELECT VERSION()"
	if engine == dialect.PostgreSQL {
		query = "SHOW server_version"
	}
	var version string
	if err := db.QueryRowContext(ctx, query).Scan(&version); err != nil {
		return "", fmt.Errorf("ask for the version: %w", err)
	}
	if isMariaDB := strings.Contains(version, "MariaDB"); isMariaDB != (engine == dialect.MariaDB) {
		return "", fmt.Errorf("the server is not %s: it says %s", engine, version)
	}
	return version, nil
}
