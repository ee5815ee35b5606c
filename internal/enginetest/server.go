package enginetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/schema"
)

// dropTimeout bounds what a test leaves to clean up.
const dropTimeout = time.Minute

// server makes databases on one server, for the tests of this process.
type server struct {
	engines.Server
	admin *sql.DB
	made  atomic.Int64
	// template makes the template once and returns what newDatabase needs of
	// it: PostgreSQL's has a name, MySQL's is the SQL that makes its tables.
	template func() (string, error)
	// sharded is template with the layout for shards.
	sharded func() (string, error)
	// spares are MySQL's and MariaDB's databases with the template's tables.
	spares spare
}

// servers holds one [server] an engine for this process.
var servers = map[dialect.Engine]func() (*server, error){
	dialect.PostgreSQL: sync.OnceValues(func() (*server, error) { return newServer(dialect.PostgreSQL) }),
	dialect.MySQL:      sync.OnceValues(func() (*server, error) { return newServer(dialect.MySQL) }),
	dialect.MariaDB:    sync.OnceValues(func() (*server, error) { return newServer(dialect.MariaDB) }),
}

// reach returns the engine's server. One that cannot be reached ends the test.
func reach(t testing.TB, engine dialect.Engine) *server {
	t.Helper()
	found, err := servers[engine]()
	if err != nil {
		missing(t, engine, err)
	}
	return found
}

// missing ends a test for which a server cannot be reached.
func missing(t testing.TB, engine dialect.Engine, err error) {
	t.Helper()
	if engines.Required() {
		t.Fatalf("ENGINE MISSING: %s is required and could not be reached: %v", engine, err)
	}
	announce(t, engine, err)
	t.Skipf("ENGINE MISSING: nothing was tested on %s: %v", engine, err)
}

func errNotSet(engine dialect.Engine) error {
	return fmt.Errorf("%s is not set", engines.URLVariable(engine))
}

func newServer(engine dialect.Engine) (*server, error) {
	found, ok := engines.FromEnvironment(engine)
	if !ok {
		return nil, errNotSet(engine)
	}
	admin, err := engines.OpenAdmin(engine, found.URL)
	if err != nil {
		return nil, err
	}
	admin.SetMaxOpenConns(4)
	s := &server{Server: found, admin: admin}
	s.template = sync.OnceValues(func() (string, error) { return s.makeTemplate(schema.Options{}) })
	s.sharded = sync.OnceValues(func() (string, error) { return s.makeTemplate(schema.Options{Sharded: true}) })
	ctx := context.Background()
	if s.Version, err = engines.Version(ctx, engine, admin); err != nil {
		return nil, err
	}
	return s, s.dropOrphans(ctx)
}

// newDatabase returns a database that is dropped or given back when the test ends.
func (s *server) newDatabase(t testing.TB, holds content) *Env {
	t.Helper()
	name, err := s.find(t.Context(), holds)
	if err != nil {
		t.Fatalf("create a database on %s: %v", s.Engine, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout) // the test's context has ended
		defer cancel()
		end := s.drop
		if holds == holdsTables && !t.Failed() {
			end = s.giveBack
		}
		if err := end(ctx, name); err != nil {
			t.Errorf("drop a database on %s: %v", s.Engine, err)
		}
	})
	return &Env{Engine: s.Engine, Version: s.Version, URL: s.urlOf(name), Source: s.Source, CAFile: s.CAFile, Sharded: holds == holdsSharded}
}

// find takes a database that another test has given back, or creates one.
func (s *server) find(ctx context.Context, holds content) (name string, err error) {
	if holds == holdsTables {
		if name, ok := s.spares.take(); ok {
			return name, nil
		}
	}
	name = s.nextName()
	if err := s.create(ctx, name, holds); err != nil || holds != holdsTables || s.Engine == dialect.PostgreSQL {
		return name, err
	}
	return name, s.spares.learn(ctx, s.admin, name)
}

// urlOf is the server's URL with another database's name.
func (s *server) urlOf(database string) string {
	head, query, hasQuery := strings.Cut(s.URL, "?")
	if at := strings.LastIndex(head, "/"); at > strings.Index(head, "//")+1 {
		head = head[:at]
	}
	head += "/" + url.PathEscape(database)
	if hasQuery {
		head += "?" + query
	}
	return head
}

func (s *server) create(ctx context.Context, name string, holds content) error {
	var template string
	var err error
	switch holds {
	case holdsTables:
		template, err = s.template()
	case holdsSharded:
		template, err = s.sharded()
	}
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	if s.Engine == dialect.PostgreSQL {
		return s.createPostgres(ctx, name, template)
	}
	return s.createMySQL(ctx, name, template)
}

func (s *server) drop(ctx context.Context, name string) error {
	statement := "DROP DATABASE IF EXISTS " + name
	if s.Engine == dialect.PostgreSQL {
		statement += " WITH (FORCE)"
	}
	_, err := s.admin.ExecContext(ctx, statement)
	return err
}

// makeTemplate pushes the schema into a database of its own, and into another where the
// server did not answer in time: all tests of the process would fail by that.
func (s *server) makeTemplate(layout schema.Options) (string, error) {
	template, err := s.pushTemplate(layout)
	if errors.Is(err, dialect.ErrUnavailable) {
		return s.pushTemplate(layout)
	}
	return template, err
}

func (s *server) pushTemplate(layout schema.Options) (string, error) {
	ctx := context.Background()
	name := s.nextName()
	if err := s.create(ctx, name, holdsNothing); err != nil {
		return "", err
	}
	statements, err := push(ctx, s.urlOf(name), layout)
	if err != nil || s.Engine == dialect.PostgreSQL {
		return name, err
	}
	return strings.Join(statements, ";\n"), s.drop(ctx, name)
}

// createPostgres copies the template's files: logging them block by block, which
// PostgreSQL does by itself since 15, takes twice the server's time.
func (s *server) createPostgres(ctx context.Context, name, template string) error {
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
	}
	if !strings.HasPrefix(s.Version, "14") {
		statement += " STRATEGY FILE_COPY"
	}
	_, err := s.admin.ExecContext(ctx, statement)
	return err
}

// createMySQL replays the template's SQL in one packet: neither MySQL nor
// MariaDB copies a database.
func (s *server) createMySQL(ctx context.Context, name, template string) error {
	if _, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	if template == "" {
		return nil
	}
	db, err := engines.OpenAdmin(s.Engine, s.urlOf(name))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, template)
	return errors.Join(err, db.Close())
}
