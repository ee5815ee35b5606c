package enginetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/schema"
)

// sqliteTemplate pushes once a process and returns the database file's bytes.
var sqliteTemplate = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "chameleon-sqlite-")
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // one small file in the temporary folder
	path := filepath.Join(dir, "template.db")
	if _, err := push(context.Background(), "sqlite://"+path, schema.Options{}); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // whole: closing the last handle moved the log into it
})

func newSQLite(t testing.TB, pushed bool) *Env {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	if pushed {
		content, err := sqliteTemplate()
		if err != nil {
			t.Fatalf("push the template on sqlite: %v", err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatalf("copy the template: %v", err)
		}
	}
	return &Env{Engine: dialect.SQLite, URL: "sqlite://" + path, Source: "embedded"}
}
