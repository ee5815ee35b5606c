package enginetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chameleon-go/chameleon/dialect"
)

// announce says, once a run of the go command, that an engine was not tested.
// The go command shows nothing of a test that passes, so the words go to the
// go command's own standard error, where the system lets them.
func announce(t testing.TB, engine dialect.Engine, why error) {
	t.Helper()
	parent := os.Getppid()
	marker := filepath.Join(os.TempDir(), fmt.Sprintf("chameleon-missing-%s-%d", engine, parent))
	started, err := os.Stat(fmt.Sprintf("/proc/%d", parent))
	if err != nil {
		return // no such file system: the skipped subtest says it under -v
	}
	// A marker older than the parent is from another process of that number.
	if old, err := os.Stat(marker); err == nil && old.ModTime().After(started.ModTime()) {
		return
	}
	if err := os.WriteFile(marker, nil, 0o600); err != nil {
		t.Logf("announce: %v", err)
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent))
	if err != nil || strings.TrimSpace(string(command)) != "go" {
		return
	}
	out, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/2", parent), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return
	}
	_, _ = fmt.Fprintf(out, "\n!!! ENGINE MISSING: nothing is tested on %s: %v\n!!! `make test` gets every engine.\n\n", engine, why)
	_ = out.Close() // the words are out, or they are not
}
