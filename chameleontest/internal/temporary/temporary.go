// Package temporary makes databases for tests on a server: it names them, prepares
// templates once a process, and drops what earlier processes left.
package temporary

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// prefix starts the name of every database that is made here. Then come the hour of
// its making, the process and a number.
const prefix = "chameleontest_"

// lifetime is how long a database is taken to be in use: a later process drops it
// then. Tests drop their own; what is left is templates, and what a killed process had.
const lifetime = 12 * time.Hour

// poolSize is small, because many tests run at once on one server.
const poolSize = 8

// Settings are those of a test's handle.
func Settings(options []func(*handle.Settings)) handle.Settings {
	settings := handle.Settings{PoolSize: poolSize}
	for _, option := range options {
		option(&settings)
	}
	return settings
}

// Server makes databases on one server. Its methods are safe for concurrent use.
type Server struct {
	// Admin may create databases and drop them.
	Admin *bun.DB
	// Open opens a database of the server, with the options of a test.
	Open func(ctx context.Context, database string, options ...func(*handle.Settings)) (*bun.DB, error)
	// List is the query for the names of all databases.
	List string
	// Drop is the statement that drops a database, %s is its name.
	Drop string
	// Look, where databases are kept for several tests, says what tables a database
	// has and whether they hold rows.
	Look func(ctx context.Context, database string) (Content, error)

	made      atomic.Int64
	mu        sync.Mutex
	templates map[*chameleontest.Template]func() (*Prepared, error)
}

// Content is what a database holds.
type Content struct {
	// Tables are the names of its tables, and Shape is what distinguishes them from
	// others of these names.
	Tables []string
	Shape  string
	// Filled means that one has a row.
	Filled bool
}

// Prepared is a database that holds what a template says.
type Prepared struct {
	Name string
	Content

	mu   sync.Mutex
	free []string
}

// Prepared returns the template's database, which is made once a process.
func (s *Server) Prepared(template *chameleontest.Template) (*Prepared, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.templates == nil {
		s.templates = map[*chameleontest.Template]func() (*Prepared, error){}
	}
	prepare, ok := s.templates[template]
	if !ok {
		prepare = sync.OnceValues(func() (*Prepared, error) {
			return s.prepared(context.Background(), template) // for later tests, too
		})
		s.templates[template] = prepare
	}
	return prepare()
}

func (s *Server) prepared(ctx context.Context, template *chameleontest.Template) (p *Prepared, err error) {
	p = &Prepared{}
	if p.Name, err = s.Prepare(ctx, template); err != nil || s.Look == nil {
		return p, err
	}
	p.Content, err = s.Look(ctx, p.Name)
	return p, err
}

// Prepare makes a database that holds what the template says.
func (s *Server) Prepare(ctx context.Context, template *chameleontest.Template) (name string, err error) {
	name = s.Name()
	if _, err := s.Admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("create a database: %w", err)
	}
	db, err := s.Open(ctx, name)
	if err != nil {
		return "", err
	}
	return name, errors.Join(template.Prepare(ctx, db), db.Close())
}

// Take returns a database that [Prepared.Free] gave back, "" for none.
func (p *Prepared) Take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == 0 {
		return ""
	}
	name := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	return name
}

// Free gives a database back that is again as the template says.
func (p *Prepared) Free(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, name)
}

// Name names a new database.
func (s *Server) Name() string {
	return fmt.Sprintf("%s%d_%d_%d", prefix, time.Now().Unix(), os.Getpid(), s.made.Add(1))
}

// DropOrphans drops the databases that earlier processes left.
func (s *Server) DropOrphans(ctx context.Context) error {
	var names []string
	if err := s.Admin.NewRaw(s.List).Scan(ctx, &names); err != nil {
		return fmt.Errorf("list databases: %w", err)
	}
	for _, name := range names {
		if orphaned(name, time.Now()) {
			if err := s.Remove(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Remove drops a database that was made here.
func (s *Server) Remove(ctx context.Context, name string) error {
	if _, err := s.Admin.ExecContext(ctx, fmt.Sprintf(s.Drop, name)); err != nil {
		return fmt.Errorf("drop the database %s: %w", name, err)
	}
	return nil
}

// orphaned reports whether a database was made here, too long ago to be in use.
func orphaned(name string, now time.Time) bool {
	rest, ours := strings.CutPrefix(name, prefix)
	made, _, _ := strings.Cut(rest, "_")
	seconds, err := strconv.ParseInt(made, 10, 64)
	return ours && err == nil && now.Sub(time.Unix(seconds, 0)) > lifetime
}
