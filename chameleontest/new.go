package chameleontest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/sqlite"
)

// everything is the template of [New].
var everything Template //nolint:gochecknoglobals // prepared once a process

// New returns a handle on a new SQLite database with all tables and no rows. It is a file
// in the test's temporary directory, and the handle is closed when the test ends. The first
// call in a process pushes the tables; later calls copy the resulting file. Commits are not
// synchronized to disk.
//
// Options are those of chameleon.Open, such as chameleon.WithEvents and
// chameleon.WithCache, for a test that needs the handle that the program has. A cache is
// for one database: make one per test.
//
// If the database cannot be created, the test fails at once.
func New(t testing.TB, options ...func(*handle.Settings)) *bun.DB {
	t.Helper()
	return everything.New(t, options...)
}

// New is the function [New] for a database that holds what the template says.
func (m *Template) New(t testing.TB, options ...func(*handle.Settings)) *bun.DB {
	t.Helper()
	m.once.Do(func() { m.file, m.err = m.prepareFile() })
	if m.err != nil {
		t.Fatalf("chameleontest: prepare the template on sqlite: %v", m.err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, m.file, 0o600); err != nil {
		t.Fatalf("chameleontest: copy the template: %v", err)
	}
	db, err := open(t.Context(), path, options...)
	if err != nil {
		t.Fatalf("chameleontest: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("chameleontest: close the database: %v", err)
		}
	})
	return db
}

// prepareFile returns the bytes of a database file that holds what the template says.
func (m *Template) prepareFile() ([]byte, error) {
	dir, err := os.MkdirTemp("", "chameleontest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // one small file in the temporary folder
	path := filepath.Join(dir, "template.db")
	ctx := context.Background() // longer than the test that happens to be the first
	db, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(m.Prepare(ctx, db), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // whole: closing the last handle moved the log into it
}

func open(ctx context.Context, path string, options ...func(*handle.Settings)) (*bun.DB, error) {
	config, err := sqlite.ParseURL("sqlite://" + filepath.ToSlash(path) + "?_sync=off")
	if err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, config, changed(handle.Settings{}, options))
}
