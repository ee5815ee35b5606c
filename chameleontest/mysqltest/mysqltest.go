// Package mysqltest gives each test a MySQL or MariaDB database, as package chameleontest
// does with SQLite. It links the driver of dialect/mysql.
//
// CHAMELEON_TEST_MYSQL_URL and CHAMELEON_TEST_MARIADB_URL name the servers. Their users
// need the right to create databases. A database's name is chameleontest_ followed by the
// time, the process and a number.
//
// Neither server can copy a database, and creating all tables takes long. Databases are
// therefore reused: when a test ends, its rows are deleted and a later test gets the
// database, with ids that continue from where they were. A database whose tables a test
// has changed is not reused, nor is one that another session is still on, one whose ids got
// beyond a million, or one made from a template that contains rows.
// Databases left behind are dropped by the first process that runs at least twelve hours
// later.
package mysqltest

import (
	"context"
	"fmt"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/chameleontest/internal/temporary"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// The environment variables that hold the servers' URLs.
const (
	MySQLVariable   = "CHAMELEON_TEST_MYSQL_URL"
	MariaDBVariable = "CHAMELEON_TEST_MARIADB_URL"
)

// everything is the template of [New] and [NewMariaDB].
var everything chameleontest.Template //nolint:gochecknoglobals // prepared once a process and server

// New returns a handle on a database with all tables and no rows, on the server that
// [MySQLVariable] names. The handle is closed when the test ends.
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
	return newOn(t, mysqlServer, template, options)
}

// NewMariaDB is [New] on the server that [MariaDBVariable] names.
func NewMariaDB(t testing.TB, options ...func(*handle.Settings)) *bun.DB {
	t.Helper()
	return NewMariaDBOf(t, &everything, options...)
}

// NewMariaDBOf is [NewOf] on the server that [MariaDBVariable] names.
func NewMariaDBOf(t testing.TB, template *chameleontest.Template, options ...func(*handle.Settings)) *bun.DB {
	t.Helper()
	return newOn(t, mariadbServer, template, options)
}

func newOn(
	t testing.TB, connect func() (*temporary.Server, error), template *chameleontest.Template, options []func(*handle.Settings),
) *bun.DB {
	t.Helper()
	s, err := connect()
	if err != nil {
		t.Fatalf("mysqltest: %v", err)
	}
	d, err := take(t.Context(), s, template, options)
	if err != nil {
		t.Fatalf("mysqltest: %v", err)
	}
	t.Cleanup(func() {
		if err := d.giveBack(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("mysqltest: %v", err)
		}
	})
	return d.db
}

// database is what one test has.
type database struct {
	server *temporary.Server
	kept   *temporary.Prepared
	name   string
	db     *bun.DB
}

// take opens a database that is as the template says.
func take(
	ctx context.Context, s *temporary.Server, template *chameleontest.Template, options []func(*handle.Settings),
) (*database, error) {
	kept, err := s.Prepared(template)
	if err != nil {
		return nil, fmt.Errorf("prepare the template: %w", err)
	}
	d := &database{server: s, kept: kept, name: kept.Take()}
	if d.name == "" {
		if d.name, err = s.Prepare(ctx, template); err != nil {
			return nil, err
		}
	}
	d.db, err = s.Open(ctx, d.name, options...)
	return d, err
}
