package enginetest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/schema"
)

// The variables that name routers. Citus is a coordinator that may create databases
// and has the extension, also on its workers. Vitess is a vtgate before two
// keyspaces, named by [ShardedKeyspace] and [UnshardedKeyspace], on which the user
// may change the VSchema (--vschema-ddl-authorized-users).
const (
	CitusVariable  = "CHAMELEON_TEST_CITUS_URL"
	VitessVariable = "CHAMELEON_TEST_VITESS_URL"
)

// The keyspaces of Vitess that tests empty and use.
const (
	ShardedKeyspace   = "chameleon"
	UnshardedKeyspace = "chameleon_rest"
)

// Routers returns an empty database behind each router that a variable names, laid
// out for shards. Tests of it do not run side by side: a Vitess has one.
func Routers(t testing.TB) []*Env {
	t.Helper()
	var envs []*Env
	if url := os.Getenv(CitusVariable); url != "" {
		envs = append(envs, newCitus(t, url))
	}
	if url := os.Getenv(VitessVariable); url != "" {
		envs = append(envs, newVitess(t, url))
	}
	return envs
}

func newCitus(t testing.TB, url string) *Env {
	t.Helper()
	admin := openAdmin(t, dialect.PostgreSQL, url)
	s := &server{Server: engines.Server{Engine: dialect.PostgreSQL, URL: url, Source: "Citus"}, admin: admin}
	env := s.newDatabase(t, holdsNothing)
	env.Sharded = true
	inside := openAdmin(t, dialect.PostgreSQL, env.URL)
	runEach(t, inside, "CREATE EXTENSION IF NOT EXISTS citus")
	if _, err := push(t.Context(), env.URL, schema.Options{Sharded: true}); err != nil {
		t.Fatalf("push to Citus: %v", err)
	}
	env.DB = env.Open(t)
	needs, err := schema.Citus.Sharding(env.DB, chameleon.Models()...)
	if err != nil {
		t.Fatalf("what Citus needs: %v", err)
	}
	runEach(t, inside, needs.Statements...)
	return env
}

func newVitess(t testing.TB, url string) *Env {
	t.Helper()
	s := &server{Server: engines.Server{Engine: dialect.MySQL, URL: url, Source: "Vitess"}}
	env := &Env{Engine: dialect.MySQL, URL: strings.TrimRight(url, "/") + "/%40primary", Source: s.Source, Sharded: true}
	admin := openAdmin(t, dialect.MySQL, s.urlOf(UnshardedKeyspace))
	env.DB = env.Open(t)
	var sharded, others []any
	needs, err := schema.Vitess.Sharding(env.DB, chameleon.Models()...)
	if err != nil {
		t.Fatalf("what Vitess needs: %v", err)
	}
	for _, model := range chameleon.Models() {
		table := env.DB.Dialect().Tables().Get(reflect.TypeOf(model)).Name
		if slices.Contains(layoutOf(env).Tables, table) {
			sharded = append(sharded, model)
		} else {
			others = append(others, model)
		}
	}
	runEach(t, admin, routes(t, needs)...) // before there are tables: a keyspace is sharded by its VSchema
	pushModels(t, s.urlOf(ShardedKeyspace), schema.Options{Sharded: true}, sharded)
	pushModels(t, s.urlOf(UnshardedKeyspace), schema.Options{}, others)
	runEach(t, admin, repeatable(needs.Statements)...)
	all := openAdmin(t, dialect.MySQL, env.URL)
	empty := func() {
		for _, model := range chameleon.Models() {
			runEach(t, all, "DELETE FROM "+env.DB.Dialect().Tables().Get(reflect.TypeOf(model)).Name)
		}
	}
	empty()
	t.Cleanup(empty)
	return env
}

func pushModels(t testing.TB, url string, layout schema.Options, models []any) {
	t.Helper()
	db, err := chameleon.Open(t.Context(), url)
	if err != nil {
		t.Fatalf("open a keyspace: %v", err)
	}
	defer func() { _ = db.Close() }() // what matters has been pushed
	if _, err := layout.Push(t.Context(), db, models...); err != nil {
		t.Fatalf("push to a keyspace: %v", err)
	}
}

// repeatable are the statements for sequences in a form that may run again.
func repeatable(statements []string) []string {
	var out []string
	for _, s := range statements {
		s = strings.Replace(s, "CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)
		out = append(out, strings.Replace(s, "INSERT INTO ", "INSERT IGNORE INTO ", 1))
	}
	return out
}

// routes are the statements that make VSchemas what they should be.
func routes(t testing.TB, needs *schema.Sharding) []string {
	t.Helper()
	type vschema struct {
		Tables map[string]struct {
			Type           string `json:"type"`
			ColumnVindexes []struct {
				Column string `json:"column"`
				Name   string `json:"name"`
			} `json:"column_vindexes"`
			AutoIncrement *struct {
				Column   string `json:"column"`
				Sequence string `json:"sequence"`
			} `json:"auto_increment"`
		} `json:"tables"`
		Vindexes map[string]struct {
			Type string `json:"type"`
		} `json:"vindexes"`
	}
	var sharded, others vschema
	for text, into := range map[string]*vschema{needs.VSchema: &sharded, needs.UnshardedVSchema: &others} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("read a VSchema: %v", err)
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(others.Tables)) {
		kind := "TABLE"
		if others.Tables[name].Type == "sequence" {
			kind = "SEQUENCE"
		}
		out = append(out, fmt.Sprintf("ALTER VSCHEMA ADD %s %s.%s", kind, UnshardedKeyspace, name))
	}
	for _, name := range slices.Sorted(maps.Keys(sharded.Tables)) {
		table := sharded.Tables[name]
		for _, v := range table.ColumnVindexes {
			out = append(out, fmt.Sprintf("ALTER VSCHEMA ON %s.%s ADD VINDEX %s (%s) USING %s",
				ShardedKeyspace, name, v.Name, v.Column, sharded.Vindexes[v.Name].Type))
		}
		if number := table.AutoIncrement; number != nil {
			out = append(out, fmt.Sprintf("ALTER VSCHEMA ON %s.%s ADD AUTO_INCREMENT %s USING %s.%s",
				ShardedKeyspace, name, number.Column, UnshardedKeyspace, number.Sequence))
		}
	}
	return out
}

func openAdmin(t testing.TB, engine dialect.Engine, url string) *sql.DB {
	t.Helper()
	db, err := engines.OpenAdmin(engine, url)
	if err != nil {
		t.Fatalf("open a router: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() }) // after what drops its databases
	return db
}

// runEach runs statements one by one. A part of a VSchema that is there is none to add.
func runEach(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), dropTimeout) // a cleanup's test has ended
	defer cancel()
	for _, statement := range statements {
		_, err := db.ExecContext(ctx, statement)
		there := strings.HasPrefix(statement, "ALTER VSCHEMA") && err != nil && strings.Contains(err.Error(), "already")
		if err != nil && !there {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}
