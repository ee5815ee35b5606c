// Package postgrestest gives each test a PostgreSQL database, as package chameleontest
// does with SQLite. It links the driver of dialect/postgres.
//
// CHAMELEON_TEST_POSTGRES_URL names the server. Its user needs the right to create
// databases. A database's name is chameleontest_ followed by the time, the process and a
// number. A template is prepared once per process, and each test gets a copy of its files.
// From the second test on, the copy was made while the test before it ran, so that a test
// waits for little more than its connection.
//
// A process leaves its templates behind, with a copy of each that no test took any more, and
// a killed process what its tests had. The first process that runs at least twelve hours
// later drops them.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/chameleontest/internal/temporary"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/postgres"
)

// URLVariable names the environment variable that holds the server's URL.
const URLVariable = "CHAMELEON_TEST_POSTGRES_URL"

// everything is the template of [New].
var everything chameleontest.Template //nolint:gochecknoglobals // prepared once a process

// New returns a handle on a new database with all tables and no rows. The handle is closed
// and the database dropped when the test ends.
//
// If no server is named, or it cannot be reached, the test fails at once. A program that
// prefers to skip its tests checks the variable itself. Options are those of
// chameleon.Open, as in [chameleontest.New].
func New(t testing.TB, options ...func(*handle.Settings)) *bun.DB {
	t.Helper()
	return NewOf(t, &everything, options...)
}

// NewOf is [New] for a database with a template's content.
func NewOf(t testing.TB, template *chameleontest.Template, options ...func(*handle.Settings)) *bun.DB {
	t.Helper()
	db, name, err := create(t.Context(), template, options)
	if err != nil {
		t.Fatalf("postgrestest: %v", err)
	}
	t.Cleanup(func() {
		s, _ := server() // which made the database
		if err := errors.Join(db.Close(), s.Remove(context.WithoutCancel(t.Context()), name)); err != nil {
			t.Errorf("postgrestest: %v", err)
		}
	})
	return db
}

func create(ctx context.Context, template *chameleontest.Template, options []func(*handle.Settings)) (db *bun.DB, name string, err error) {
	s, err := server()
	if err != nil {
		return nil, "", err
	}
	prepared, err := s.Prepared(template)
	if err != nil {
		return nil, "", fmt.Errorf("prepare the template: %w", err)
	}
	if name, err = s.take(prepared.Name); err != nil {
		return nil, "", fmt.Errorf("copy the template: %w", err)
	}
	if db, err = s.Open(ctx, name, options...); err != nil {
		return nil, "", errors.Join(err, s.Remove(ctx, name))
	}
	return db, name, nil
}

// server connects once a process.
var server = sync.OnceValues(func() (*connected, error) { //nolint:gochecknoglobals // one server a process
	url := os.Getenv(URLVariable)
	if url == "" {
		return nil, errors.New(URLVariable + " is not set: name a PostgreSQL server whose user may create databases")
	}
	open := func(ctx context.Context, database string, options ...func(*handle.Settings)) (*bun.DB, error) {
		config, err := postgres.ParseURL(url)
		if err != nil {
			return nil, err
		}
		if database != "" {
			config.Conn().Database = database
		}
		return postgres.Open(ctx, config, temporary.Settings(options))
	}
	ctx := context.Background()
	admin, err := open(ctx, "")
	if err != nil {
		return nil, err
	}
	s := &connected{next: map[string]copying{}, Server: temporary.Server{
		Admin: admin, Open: open,
		List: "SELECT datname FROM pg_database", Drop: "DROP DATABASE IF EXISTS %s WITH (FORCE)",
	}}
	// Copying files, which is what 14 does, takes half the time of writing each
	// block to the log, which newer versions do by themselves.
	var version string
	if err := admin.NewRaw("SHOW server_version").Scan(ctx, &version); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(version, "14") {
		s.strategy = " STRATEGY FILE_COPY"
	}
	return s, s.DropOrphans(ctx)
})
