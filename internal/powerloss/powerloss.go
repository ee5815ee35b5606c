// Package powerloss shows tests what a power failure would leave of SQLite's
// files: what was synchronized to disk, and nothing else.
//
// A file system may keep more than that. What must survive has to survive the
// worst, and here the worst does not depend on the machine: SQLite's own calls
// to write, sync and delete are watched, not the kernel's cache.
package powerloss

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Disk is a directory whose files are watched.
type Disk struct {
	dir string

	mu      sync.Mutex
	durable map[string][]byte // by name
	// deleted are files that a power failure may bring back: the directory has
	// not been synchronized since.
	deleted map[string]bool
}

// New returns a directory for SQLite's files. Those are watched that are
// opened after it.
func New(t testing.TB) *Disk {
	t.Helper()
	watch.once.Do(install)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &Disk{dir: dir, durable: map[string][]byte{}, deleted: map[string]bool{}}
	watch.disks.Store(dir, d)
	t.Cleanup(func() { watch.disks.Delete(dir) })
	return d
}

// Dir is the directory.
func (d *Disk) Dir() string { return d.dir }

// Fail writes what a power failure at this moment would leave into a new
// directory and returns that.
func (d *Disk) Fail(t testing.TB) string {
	t.Helper()
	left := t.TempDir()
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, content := range d.durable {
		if err := os.WriteFile(filepath.Join(left, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return left
}

// diskOf returns the directory of a file, nil when it is not watched.
func diskOf(path string) *Disk {
	d, _ := watch.disks.Load(filepath.Dir(path))
	disk, _ := d.(*Disk)
	return disk
}

// synced notes that all that the file holds is on disk.
func (d *Disk) synced(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.durable[filepath.Base(path)] = content
	delete(d.deleted, filepath.Base(path))
	return nil
}

// removed notes that the file is gone, for good once the directory is
// synchronized.
func (d *Disk) removed(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deleted[filepath.Base(path)] = true
}

// directorySynced makes deletions final.
func (d *Disk) directorySynced() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.deleted {
		delete(d.durable, name)
		delete(d.deleted, name)
	}
}
