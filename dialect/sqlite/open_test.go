package sqlite_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/sqlite"
)

// open opens a database with the table t(id, n), closed at the test's end.
func open(t *testing.T, databaseURL string, s handle.Settings) *bun.DB {
	t.Helper()
	c, err := sqlite.ParseURL(databaseURL)
	require.NoError(t, err)
	db, err := sqlite.Open(t.Context(), c, s)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, n INTEGER)")
	require.NoError(t, err)
	return db
}

func file(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "app.db") }

// each runs fn on a file and on a database in memory, which must behave alike.
func each(t *testing.T, fn func(t *testing.T, url string)) {
	t.Run("file", func(t *testing.T) { fn(t, file(t)) })
	t.Run("memory", func(t *testing.T) { fn(t, "sqlite://:memory:") })
}

func count(t *testing.T, db bun.IDB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&n))
	return n
}

func exec(t *testing.T, db bun.IDB, query string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), query)
	require.NoError(t, err)
}

func TestRowsHoldTheirConnection(t *testing.T) {
	db := open(t, file(t), handle.Settings{PoolSize: 1, LockTimeout: 20 * time.Millisecond})
	exec(t, db, "INSERT INTO t (n) VALUES (1), (2), (3)")
	rows, err := db.QueryContext(t.Context(), "SELECT n FROM t ORDER BY n")
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	require.True(t, rows.Next())
	exec(t, db, "DELETE FROM t") // a writer waits for no reader
	err = db.QueryRowContext(t.Context(), "SELECT 1").Scan(new(int))
	require.ErrorIs(t, err, dialect.ErrTimeout)
	require.ErrorContains(t, err, "close rows")
	n := 1
	for rows.Next() {
		n++
	}
	require.NoError(t, rows.Err())
	assert.Equal(t, 3, n, "a snapshot")
	assert.Equal(t, 0, count(t, db))
}

func TestColumnTypesSurvive(t *testing.T) {
	db := open(t, file(t), handle.Settings{})
	exec(t, db, "CREATE TABLE typed (at TIMESTAMP, s VARCHAR(9))")
	at := time.Date(2025, 1, 31, 12, 0, 0, 123456000, time.UTC)
	_, err := db.ExecContext(t.Context(), "INSERT INTO typed VALUES (?, 'x')", at)
	require.NoError(t, err)
	rows, err := db.QueryContext(t.Context(), "SELECT at, s FROM typed")
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	assert.Equal(t, "TIMESTAMP", types[0].DatabaseTypeName())
	require.True(t, rows.Next())
	var got time.Time
	var s string
	require.NoError(t, rows.Scan(&got, &s))
	assert.True(t, at.Equal(got))
	require.NoError(t, rows.Err())
}

func TestInMemory(t *testing.T) {
	a := open(t, "sqlite://:memory:", handle.Settings{})
	b := open(t, "sqlite://:memory:", handle.Settings{})
	exec(t, a, "INSERT INTO t (n) VALUES (1)")
	assert.Equal(t, 1, count(t, a))
	assert.Equal(t, 0, count(t, b), "each handle has its own")
	var path string
	require.NoError(t, a.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list").Scan(&path))
	info, err := os.Stat(filepath.Dir(path))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "nobody else may look")
	require.NoError(t, a.Close())
	_, err = os.Stat(filepath.Dir(path))
	require.ErrorIs(t, err, os.ErrNotExist, "nothing is left of a closed one")
	assert.ErrorIs(t, dialect.Classify(a.PingContext(t.Context())), dialect.ErrClosed)
}

// TestCloseWhileInUse: what is lent is closed when it comes back.
func TestCloseWhileInUse(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		db := open(t, url, handle.Settings{})
		exec(t, db, "INSERT INTO t (n) VALUES (1)")
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, db.Close())
		_, err = tx.ExecContext(t.Context(), "INSERT INTO t (n) VALUES (2)")
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		_, err = db.ExecContext(t.Context(), "DELETE FROM t")
		require.ErrorIs(t, dialect.Classify(err), dialect.ErrClosed)
	})
}

func TestTwoHandlesOnOneFile(t *testing.T) {
	url := file(t)
	a, b := open(t, url, handle.Settings{}), open(t, url, handle.Settings{})
	var all sync.WaitGroup
	for _, db := range []*bun.DB{a, b} {
		for range 4 {
			all.Go(func() {
				for range 5 {
					_, err := db.ExecContext(t.Context(), "INSERT INTO t (n) VALUES (1)")
					assert.NoError(t, err)
				}
			})
		}
	}
	all.Wait()
	assert.Equal(t, 40, count(t, a))
}

func TestOpenFailures(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "text.db"), make([]byte, 5000), 0o600))
	noise := []byte(fmt.Sprintf("%5000s", "this is no database"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "noise.db"), noise, 0o600))
	for path, want := range map[string]error{
		"missing/app.db":  dialect.ErrNoDatabase,
		"text.db/app.db":  dialect.ErrNoDatabase,
		"":                dialect.ErrNoDatabase,
		"none.db?mode=rw": dialect.ErrNoDatabase,
		"none.db?mode=ro": dialect.ErrNoDatabase,
		"noise.db":        dialect.ErrNoDatabase,
	} {
		t.Run(path, func(t *testing.T) {
			c, err := sqlite.ParseURL("sqlite://" + dir + "/" + path)
			require.NoError(t, err)
			_, err = sqlite.Open(t.Context(), c, handle.Settings{})
			require.ErrorIs(t, err, want)
			var e *dialect.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, dialect.SQLite, e.Engine)
			assert.NotEmpty(t, e.Remedy)
		})
	}
	_, err := os.Stat(filepath.Join(dir, "none.db"))
	assert.ErrorIs(t, err, os.ErrNotExist, "nothing is made")
}

func TestReadOnlyFile(t *testing.T) {
	url := file(t)
	db := open(t, url, handle.Settings{})
	exec(t, db, "INSERT INTO t (n) VALUES (1)")
	require.NoError(t, db.Close())
	for _, mode := range []string{"?mode=ro", "?immutable=1"} {
		c, err := sqlite.ParseURL(url + mode)
		require.NoError(t, err)
		ro, err := sqlite.Open(t.Context(), c, handle.Settings{})
		require.NoError(t, err)
		assert.Equal(t, 1, count(t, ro))
		_, err = ro.ExecContext(t.Context(), "INSERT INTO t (n) VALUES (2)")
		require.ErrorIs(t, dialect.Classify(err), dialect.ErrPermission)
		require.NoError(t, ro.Close())
	}
}

func TestOddFileNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "a?b.db", "a#b.db", "a%41.db", "é&=+.db", "a;b'.db"} {
		db := open(t, "sqlite://"+dir+"/"+url.PathEscape(name), handle.Settings{})
		exec(t, db, "INSERT INTO t (n) VALUES (1)")
		_, err := os.Stat(filepath.Join(dir, name))
		assert.NoError(t, err, name)
	}
}

// TestErrorsShowNoSecret: a URL that got another scheme, or a parameter that
// got into the path, is not printed.
func TestErrorsShowNoSecret(t *testing.T) {
	dir := t.TempDir()
	for _, scheme := range []string{"file:", "file://", "file:///", "file://localhost/", "sqlite:", "sqlite://", "sqlite:///"} {
		for _, rest := range []string{
			"u:SECRET@h/db", "u:SECRET%40h/db", "u%3ASECRET@h:5432/db", "postgres://u:SECRET@h/db", "mysql://u:SECRET@h:3306/db",
			"u:SE/SECRET@h/db", "no/dir/app.db%3Fkey=SECRET/x", "no/dir&password=SECRET/x", "no/SECRET@h/x", "no/x#SECRET/y",
			"no/app.db?password=SECRET", "no/app.db?_pragma=key('SECRET')", "no/app.db?mode=SECRET", "no/app.db?immutable=SECRET",
			"no/app.db?_txlock=SECRET", "no/app.db?connection_limit=SECRET", "no/app.db?cache=SECRET&x=SECRET",
		} {
			c, err := sqlite.ParseURL(scheme + rest)
			if err == nil {
				assert.NotContains(t, c.String(), "SECRET", scheme+rest)
				c.Path = dir + "/" + c.Path
				_, err = sqlite.Open(t.Context(), c, handle.Settings{})
			}
			require.Error(t, err, scheme+rest)
			assert.NotContains(t, err.Error(), "SECRET", scheme+rest)
		}
	}
	c, err := sqlite.ParseURL("file:" + dir + "/no/app.db")
	require.NoError(t, err)
	_, err = sqlite.Open(t.Context(), c, handle.Settings{})
	assert.ErrorContains(t, err, dir+"/no", "a plain path is shown")
}
