package enginetest

import (
	"context"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/leaktest"
	"github.com/chameleon-go/chameleon/internal/shardtest"
	"github.com/chameleon-go/chameleon/schema"
)

// Env is what a test works on: one engine and a database of its own, which is dropped
// or emptied for another test when it ends.
type Env struct {
	Engine dialect.Engine
	// Version is what the server states; empty for SQLite.
	Version string
	// URL opens the database. On a server its user may do anything.
	URL string
	// DB is a handle on the database, closed when the test ends.
	DB *bun.DB
	// Source says where the server comes from.
	Source string
	// CAFile is the PEM file of the authority that signed the server's
	// certificate; empty for SQLite and for servers named by a URL alone.
	CAFile string
	// Sharded means that the ledger and generations are laid out for shards, and
	// that handles work as over them.
	Sharded bool
}

// content is what a new database holds.
type content int

const (
	holdsNothing content = iota
	holdsTables
	holdsSharded
)

// ShardedVariable names the environment variable that has every test on a server
// take the layout for shards.
const ShardedVariable = "CHAMELEON_TEST_SHARDED"

// pushedContent is what a test's database holds unless it says otherwise.
func pushedContent() content {
	if os.Getenv(ShardedVariable) != "" {
		return holdsSharded
	}
	return holdsTables
}

// poolSize is small, because many tests run at once on one server.
const poolSize = 8

// connectTimeout is long: on a small machine where several packages' tests and a
// compiler run at once a server may take longer to answer than a product should
// wait, which is nothing that a test is about.
const connectTimeout = time.Minute

// Open opens another handle on the database, closed when the test ends.
// Options come after those of Env.DB and override them.
func (e *Env) Open(t testing.TB, opts ...chameleon.Option) *bun.DB {
	t.Helper()
	opts = append(watched(t, e.URL), opts...)
	if e.Sharded {
		opts = append([]chameleon.Option{chameleon.WithSharding(true)}, opts...)
	}
	db, err := chameleon.Open(t.Context(), e.URL, opts...)
	if err != nil {
		t.Fatalf("open a database on %s: %v", e.Engine, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close a database on %s: %v", e.Engine, err)
		}
	})
	inspector := shardtest.New(t, layoutOf(e), acrossShards())
	if e.Engine == dialect.PostgreSQL {
		t.Cleanup(func() { checkFunctions(t, e.URL, inspector.Changes()) })
	}
	return db.WithQueryHook(inspector)
}

// watched are the options of every handle. Logs, traces and the errors of
// queries are searched for the URL's password, but in benchmarks, where that
// would be measured.
func watched(t testing.TB, databaseURL string) []chameleon.Option {
	t.Helper()
	opts := []chameleon.Option{chameleon.WithPoolSize(poolSize), chameleon.WithConnectTimeout(connectTimeout)}
	if _, benchmark := t.(*testing.B); benchmark {
		return opts
	}
	watch := watchOf(t, databaseURL)
	return append(opts, chameleon.WithLogger(watch.Logger()), chameleon.WithTracer(watch))
}

// watchOf looks for the password of a URL.
func watchOf(t testing.TB, databaseURL string) *leaktest.Watch {
	t.Helper()
	watch := leaktest.New(t)
	if u, err := url.Parse(databaseURL); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			watch.Add(password)
		}
	}
	return watch
}

// watchPanic looks for the password in what a test panics with.
func watchPanic(t testing.TB, databaseURL string) {
	t.Helper()
	if value := recover(); value != nil {
		watchOf(t, databaseURL).Panic(value, debug.Stack())
		panic(value)
	}
}

// Run runs fn once an engine, as parallel subtests named by the engine, each
// on a new database that holds the pushed schema and no rows.
func Run(t *testing.T, fn func(t *testing.T, env *Env)) {
	t.Helper()
	onEach(t, New, fn)
}

// RunEmpty is Run on databases without any table.
func RunEmpty(t *testing.T, fn func(t *testing.T, env *Env)) {
	t.Helper()
	onEach(t, NewEmpty, fn)
}

// RunSharded is Run on servers alone, on databases that are laid out for shards.
func RunSharded(t *testing.T, fn func(t *testing.T, env *Env)) {
	t.Helper()
	for _, engine := range engines.OfServers() {
		if !wanted(engine) {
			continue
		}
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			fn(t, newEnv(t, engine, holdsSharded))
		})
	}
}

func onEach(t *testing.T, take func(testing.TB, dialect.Engine) *Env, fn func(t *testing.T, env *Env)) {
	t.Helper()
	for _, engine := range append([]dialect.Engine{dialect.SQLite}, engines.OfServers()...) {
		if !wanted(engine) {
			continue
		}
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := take(t, engine)
			defer watchPanic(t, env.URL)
			fn(t, env)
		})
	}
}

// New returns a database of the test's own on one engine, with the pushed
// schema. Tests of what one engine alone has use it; see the package's doc for
// an engine that cannot be reached.
func New(t testing.TB, engine dialect.Engine) *Env {
	t.Helper()
	return newEnv(t, engine, pushedContent())
}

// NewEmpty is New without any table.
func NewEmpty(t testing.TB, engine dialect.Engine) *Env {
	t.Helper()
	return newEnv(t, engine, holdsNothing)
}

func newEnv(t testing.TB, engine dialect.Engine, holds content) *Env {
	t.Helper()
	if !wanted(engine) {
		t.Skipf("CHAMELEON_TEST_ENGINES leaves %s out", engine)
	}
	var env *Env
	if engine == dialect.SQLite {
		env = newSQLite(t, holds != holdsNothing)
	} else {
		env = reach(t, engine).newDatabase(t, holds)
	}
	env.DB = env.Open(t)
	report(t, engine)
	return env
}

// wanted reports whether CHAMELEON_TEST_ENGINES leaves the engine in.
func wanted(engine dialect.Engine) bool {
	names := os.Getenv("CHAMELEON_TEST_ENGINES")
	return names == "" || engines.Required() || slices.Contains(strings.Split(names, ","), string(engine))
}

// report counts the test for the summary at the end of the run.
func report(t testing.TB, engine dialect.Engine) {
	t.Helper()
	path := os.Getenv(engines.ReportVariable)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatalf("report: %v", err)
	}
	if _, err := file.WriteString(string(engine) + "\n"); err != nil {
		t.Errorf("report: %v", err)
	}
	if err := file.Close(); err != nil {
		t.Errorf("report: %v", err)
	}
}

// push brings the database at url to the module's schema and returns the SQL
// that did it.
func push(ctx context.Context, url string, layout schema.Options) (statements []string, err error) {
	db, err := chameleon.Open(ctx, url, chameleon.WithPoolSize(poolSize), chameleon.WithConnectTimeout(connectTimeout))
	if err != nil {
		return nil, err
	}
	result, err := layout.Push(ctx, db, chameleon.Models()...)
	if closeErr := db.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	for _, change := range result.Changes {
		statements = append(statements, change.Statement)
	}
	return statements, nil
}
