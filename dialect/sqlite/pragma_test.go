package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/sqlite"
)

func pragma(t *testing.T, db bun.IDB, name string) (value string) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value), name)
	return value
}

// onBoth runs look on the writer and, in a read-only transaction each, on three
// readers at once.
func onBoth(t *testing.T, db *bun.DB, look func(on bun.IDB)) {
	t.Helper()
	require.NoError(t, db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
		assert.Equal(t, "0", pragma(t, tx, "query_only"))
		look(tx)
		return nil
	}))
	for range 3 {
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
		require.NoError(t, err)
		defer func() { assert.NoError(t, tx.Rollback()) }()
		assert.Equal(t, "1", pragma(t, tx, "query_only"))
		look(tx)
	}
}

var defaults = map[string]string{
	"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "fullfsync": "1",
}

// TestPragmasOfConnections: what the URL and the options say is what every
// connection of both pools has, whatever the order in the URL.
func TestPragmasOfConnections(t *testing.T) {
	faster := handle.Settings{UnsyncedCommits: true}
	for parameters, test := range map[string]struct {
		settings handle.Settings
		want     map[string]string
	}{
		"":                                      {},
		"_pragma=cache_size(-1234)":             {want: map[string]string{"cache_size": "-1234"}},
		"_pragma=synchronous(OFF)":              {want: map[string]string{"synchronous": "0"}},
		"_pragma=synchronous=NORMAL":            {want: map[string]string{"synchronous": "1"}},
		"_pragma=synchronous(EXTRA)":            {want: map[string]string{"synchronous": "3"}},
		"_pragma=busy_timeout(77)":              {want: map[string]string{"busy_timeout": "77"}},
		"_pragma=busy_timeout(9000)":            {want: map[string]string{"busy_timeout": "9000"}},
		"_timeout=0":                            {want: map[string]string{"busy_timeout": "0"}},
		"_pragma=foreign_keys(off)":             {want: map[string]string{"foreign_keys": "0"}},
		"_pragma=journal_mode(delete)":          {want: map[string]string{"journal_mode": "delete", "synchronous": "3"}},
		"_pragma=journal_mode(TRUNCATE)":        {want: map[string]string{"journal_mode": "truncate", "synchronous": "3"}},
		"_pragma=journal_mode(PERSIST)":         {want: map[string]string{"journal_mode": "persist", "synchronous": "3"}},
		"_pragma=page_size(16384)&_vacuum=full": {want: map[string]string{"page_size": "16384", "auto_vacuum": "1"}},
		"_pragma=temp_store(memory)&_pragma=mmap_size(65536)&_pragma=wal_autocheckpoint(0)": {
			want: map[string]string{"temp_store": "2", "mmap_size": "65536", "wal_autocheckpoint": "0"},
		},
		"_pragma=synchronous(full)&_pragma=recursive_triggers(1)": {
			settings: faster, want: map[string]string{"synchronous": "1", "recursive_triggers": "1"},
		},
		"_fk=1": {settings: faster, want: map[string]string{"synchronous": "1"}},
	} {
		t.Run(parameters, func(t *testing.T) {
			db := open(t, file(t)+"?"+parameters, test.settings)
			onBoth(t, db, func(on bun.IDB) {
				for name, value := range defaults {
					if _, other := test.want[name]; !other {
						assert.Equal(t, value, pragma(t, on, name), name)
					}
				}
				for name, value := range test.want {
					assert.Equal(t, value, pragma(t, on, name), name)
				}
			})
		})
	}
	c := dialect.Of(open(t, file(t), handle.Settings{}))
	assert.Equal(t, dialect.SQLite, c.Engine)
	assert.NotEmpty(t, c.Version)
	assert.Nil(t, c.Prepared)
}

// TestPragmaThatSQLiteDoesNotTake: a value that has no effect is no value.
func TestPragmaThatSQLiteDoesNotTake(t *testing.T) {
	url := file(t)
	db := open(t, url, handle.Settings{})
	exec(t, db, "INSERT INTO t (n) VALUES (1)")
	require.NoError(t, db.Close())
	for parameter, name := range map[string]string{
		"_pragma=page_size(16384)": "page_size", // the file has pages already
		"_pragma=page_size(1000)":  "page_size", // no power of two
		"_vacuum=full":             "auto_vacuum",
		"_pragma=threads(99)":      "threads",
	} {
		c, err := sqlite.ParseURL(url + "?" + parameter)
		require.NoError(t, err)
		_, err = sqlite.Open(t.Context(), c, handle.Settings{})
		require.ErrorIs(t, err, dialect.ErrInvalid, parameter)
		assert.ErrorContains(t, err, name)
	}
}

// TestSharedMemory: handles that name the same database in memory share it, as
// long as one of them is open.
func TestSharedMemory(t *testing.T) {
	const url = "file:of-test-shared-memory?mode=memory&cache=shared"
	a, b := open(t, url, handle.Settings{}), open(t, url, handle.Settings{})
	other := open(t, strings.Replace(url, "of-", "not-of-", 1), handle.Settings{})
	exec(t, a, "INSERT INTO t (n) VALUES (1)")
	assert.Equal(t, 1, count(t, b))
	assert.Equal(t, 0, count(t, other))
	var path string
	require.NoError(t, a.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list").Scan(&path))
	require.NoError(t, a.Close())
	assert.Equal(t, 1, count(t, b))
	require.NoError(t, b.Close())
	assert.NoDirExists(t, filepath.Dir(path))
	assert.Equal(t, 0, count(t, open(t, url, handle.Settings{})), "a new one")
}
