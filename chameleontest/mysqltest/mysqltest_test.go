package mysqltest_test

import (
	"context"
	"database/sql/driver"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/chameleontest/mysqltest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// taking takes a database of a template.
type taking func(testing.TB, *chameleontest.Template, ...func(*handle.Settings)) *bun.DB

// servers are what the package makes databases on.
func servers() map[dialect.Engine]taking {
	return map[dialect.Engine]taking{
		dialect.MySQL: mysqltest.NewOf, dialect.MariaDB: mysqltest.NewMariaDBOf,
	}
}

func TestDatabasesAreAsTheTemplateSays(t *testing.T) {
	t.Parallel()
	for engine, take := range servers() {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			enginetest.New(t, engine) // ends the test where there is no server
			for name, test := range map[string]struct {
				setup string
				use   string // what the test does to the database
				kept  bool
				want  []int // teams, accounts
			}{
				"empty":     {setup: "CREATE TABLE teams (name varchar(10))", use: "INSERT INTO teams VALUES ('red')", kept: true, want: []int{0, 0}},
				"with rows": {setup: "CREATE TABLE teams (name varchar(10)) AS SELECT 'blue' AS name", use: "DELETE FROM teams", want: []int{1, 0}},
				"ids far": {
					setup: "CREATE TABLE teams (id bigint AUTO_INCREMENT PRIMARY KEY)", use: "INSERT INTO teams VALUES (2000000)", want: []int{0, 0},
				},
				"shape lost": {setup: "CREATE TABLE teams (name varchar(10))", use: "ALTER TABLE teams ADD COLUMN size int", want: []int{0, 0}},
			} {
				t.Run(name, func(t *testing.T) { checkTemplate(t, take, test.setup, test.use, test.kept, test.want) })
			}
		})
	}
}

// TestOptions: a test takes a handle with what its product's has, and the next test, on the
// same database, its own.
func TestOptions(t *testing.T) {
	t.Parallel()
	for engine, take := range servers() {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			enginetest.New(t, engine)
			template := &chameleontest.Template{Models: credits.Models()}
			for _, on := range []bool{true, false} {
				t.Run("one", func(t *testing.T) {
					db := take(t, template, func(s *handle.Settings) { s.Events = on })
					assert.Equal(t, on, dialect.Of(db).Events)
					assert.Equal(t, 8, db.Stats().MaxOpenConnections)
				})
			}
		})
	}
}

// checkTemplate takes two databases of a template one after the other.
func checkTemplate(
	t *testing.T, take taking, setup, use string, kept bool, want []int,
) {
	template := &chameleontest.Template{Models: credits.Models(), Setup: func(ctx context.Context, db *bun.DB) error {
		_, err := db.ExecContext(ctx, setup)
		return err
	}}
	var names []string
	for range 2 {
		t.Run("one", func(t *testing.T) {
			db := take(t, template)
			chameleontest.RequireVerified(t, db)
			var name string
			var teams, accounts int
			query := "SELECT DATABASE(), (SELECT count(*) FROM teams), (SELECT count(*) FROM credits)"
			require.NoError(t, db.NewRaw(query).Scan(t.Context(), &name, &teams, &accounts))
			assert.Equal(t, want, []int{teams, accounts})
			names = append(names, name)
			chameleontest.Grant(t, db, "acme")
			_, err := db.ExecContext(t.Context(), use)
			require.NoError(t, err)
		})
	}
	require.Len(t, names, 2)
	assert.Equal(t, kept, names[0] == names[1])
}

// TestNotWhileASessionIsOnIt: what a session that outlives its test writes comes to no other
// test.
func TestNotWhileASessionIsOnIt(t *testing.T) {
	t.Parallel()
	for engine, take := range servers() {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			template := &chameleontest.Template{Models: credits.Models()}
			var names [2]string
			for i := range names {
				t.Run("one", func(inner *testing.T) {
					db := take(inner, template)
					require.NoError(inner, db.NewRaw("SELECT DATABASE()").Scan(inner.Context(), &names[i]))
					other, err := env.DB.Conn(t.Context()) // of a handle that the test does not close
					require.NoError(inner, err)
					t.Cleanup(func() { _ = other.Raw(func(any) error { return driver.ErrBadConn }) }) // its database is gone
					_, err = other.ExecContext(inner.Context(), "USE "+names[i])
					require.NoError(inner, err)
				})
			}
			assert.NotEqual(t, names[0], names[1])
		})
	}
}

// BenchmarkNew is what a test pays for its database, which it gives back emptied.
func BenchmarkNew(b *testing.B) {
	for engine, take := range servers() {
		b.Run(string(engine), func(b *testing.B) {
			template := &chameleontest.Template{}
			one := func() {
				t := &test{TB: b}
				take(t, template)
				t.end()
			}
			one() // the first makes the database
			for b.Loop() {
				one()
			}
		})
	}
}

// test is one that ends before the benchmark does.
type test struct {
	testing.TB
	cleanups []func()
}

func (t *test) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

func (t *test) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
