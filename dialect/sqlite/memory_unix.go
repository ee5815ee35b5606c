//go:build unix

package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// memoryLock is the file that the process locks in the directory of a database in memory.
// The system releases the lock however the process ends.
const memoryLock = "lock"

// newMemory is how long a directory without a lock is left alone. A process locks its own
// immediately, unless the file system does not support locks.
const newMemory = time.Hour

// swept are the directories that this process has swept.
var swept sync.Map //nolint:gochecknoglobals // once per process is enough

// sweepMemory removes the in-memory databases of processes that ended without closing
// them, so that such a program leaves at most one behind instead of one per run. Only the
// lock decides, so processes of other users and containers are covered.
func sweepMemory(parent string) {
	if _, done := swept.LoadOrStore(parent, true); done {
		return
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // nothing can be created there, either
	}
	for _, entry := range entries {
		if dir := filepath.Join(parent, entry.Name()); strings.HasPrefix(entry.Name(), memoryPrefix) && abandoned(dir) {
			_ = os.RemoveAll(dir) // the next process tries again
		}
	}
}

// abandoned reports whether no process uses the in-memory database.
func abandoned(dir string) bool {
	f, err := os.Open(filepath.Join(dir, memoryLock))
	if err != nil {
		info, statErr := os.Stat(dir)
		return os.IsNotExist(err) && statErr == nil && time.Since(info.ModTime()) > newMemory
	}
	defer func() { _ = f.Close() }() // releases the lock
	return flock(f) == nil
}

// lockMemory locks the directory for this process, until the function that it returns
// is called. The lock has its name once it is held, so that nobody finds it free.
func lockMemory(dir string) (unlock func()) {
	unnamed := filepath.Join(dir, memoryLock+".new")
	f, err := os.OpenFile(unnamed, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return func() {}
	}
	unlock = func() { _ = f.Close() }
	if flock(f) == nil {
		_ = os.Rename(unnamed, filepath.Join(dir, memoryLock)) // without it: see newMemory
	}
	return unlock
}

func flock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
