package sqlite

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// shared are the databases in memory that the URL asks to share by a name
// (mode=memory&cache=shared), as SQLite's own are shared within a process.
var shared = struct { //nolint:gochecknoglobals // a name is the process's
	sync.Mutex
	byName map[string]*sharedMemory
}{byName: map[string]*sharedMemory{}}

type sharedMemory struct {
	path    string
	remove  func()
	handles int
}

// memoryPlace returns the file of a database in memory, and what to do when
// the handle is closed.
func (c *Config) memoryPlace() (path string, remove func(), err error) {
	if c.SharedName == "" {
		return memoryFile()
	}
	shared.Lock()
	defer shared.Unlock()
	m := shared.byName[c.SharedName]
	if m == nil {
		m = &sharedMemory{}
		if m.path, m.remove, err = memoryFile(); err != nil {
			return "", nil, err
		}
		shared.byName[c.SharedName] = m
	}
	m.handles++
	return m.path, sync.OnceFunc(func() { m.leave(c.SharedName) }), nil
}

// leave removes a handle, and the database with the last one.
func (m *sharedMemory) leave(name string) {
	shared.Lock()
	defer shared.Unlock()
	if m.handles--; m.handles == 0 {
		delete(shared.byName, name)
		m.remove()
	}
}

// memoryPrefix starts the names of the directories of databases in memory.
const memoryPrefix = "chameleon-memory-"

// memoryFile makes the private directory of a database in memory.
func memoryFile() (path string, remove func(), err error) {
	for _, parent := range []string{"/dev/shm", os.TempDir()} {
		sweepMemory(parent)
		var dir string
		if dir, err = os.MkdirTemp(parent, memoryPrefix); err != nil {
			continue
		}
		unlock := lockMemory(dir)
		return filepath.Join(dir, "memory.db"), func() { _ = os.RemoveAll(dir); unlock() }, nil
	}
	return "", nil, handle.NewError(dialect.KindUnavailable, dialect.SQLite,
		"no place for a database in memory: "+err.Error(), "make the directory of temporary files writable, or set TMPDIR")
}
