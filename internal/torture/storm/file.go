package storm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/chameleon-go/chameleon"
)

// file is a SQLite database that several processes have open.
type file struct {
	options Options
	report  *Report
	dir     string
	path    string
	disk    disk
}

func newFile(o Options, report *Report) (*file, error) {
	f := &file{options: o, report: report, dir: filepath.Join(o.Dir, "sqlite-files")}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return nil, err
	}
	return f, f.disk.mount(f.dir)
}

// version opens a database to ask.
func (f *file) version() string {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		return "unknown"
	}
	defer func() { _ = db.Close() }() // it was only asked
	version, err := sqliteVersion(ctx, db)
	if err != nil {
		return "unknown"
	}
	return version
}

func (f *file) prepare(_ context.Context, round int) (string, error) {
	f.path = filepath.Join(f.dir, fmt.Sprintf("torture-%d.db", round))
	return f.clientURL(0), nil
}

func (f *file) clientURL(int) string { return "sqlite://" + f.path }

func (f *file) events() []event {
	events := []event{{"a stranger's session locks the database", f.lock}}
	if f.disk.mounted {
		events = append(events, event{"disk full for a while", f.fill})
	}
	return events
}

func (f *file) calm(bool) {}

func (f *file) release() {}

func (f *file) settle(context.Context) ([]string, error) { return nil, nil }

func (f *file) faults() map[string]int { return nil }

func (f *file) close(context.Context) error { return f.disk.unmount() }

// fill leaves no block free, and frees them again.
func (f *file) fill(ctx context.Context, random *rand.Rand) error {
	path := filepath.Join(f.dir, "ballast")
	ballast, err := os.Create(path)
	if err != nil {
		return err
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = ballast.Write(block) // until it fails
	}
	pause(ctx, some(random, 50*time.Millisecond, time.Second))
	_ = ballast.Close() // it is full, and removed
	return os.Remove(path)
}
