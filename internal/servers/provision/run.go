package provision

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// Options say what [Start] may do.
type Options struct {
	// Versions to start where there is a choice; Newest when empty.
	Versions Versions
	// Build allows making images from Debian's packages.
	Build bool
	// Sources are tried for an engine that no URL names; AnySource when empty.
	Sources Sources
	// Durable servers keep on disk what they commit, as they would in production:
	// for benchmarks.
	Durable bool
	// Log receives progress, a line at a time.
	Log io.Writer
}

// Sources says where servers may come from.
type Sources string

// The sources: containers before programs, or one of them alone.
const (
	AnySource    Sources = "any"
	OnlyDocker   Sources = "docker"
	OnlyPrograms Sources = "programs"
)

// Valid reports whether s is one of the constants.
func (s Sources) Valid() bool { return s == AnySource || s == OnlyDocker || s == OnlyPrograms }

// Run is a fleet of servers that lives until Stop.
type Run struct {
	// Fleet is what could be reached, and what could not.
	Fleet engines.Fleet

	options  Options
	password string // of every server's administrator
	dir      string // certificates, and the data of servers run as programs

	mu    sync.Mutex
	stops []func(context.Context) error
}

// Start reaches a server of every engine, in parallel. An engine that cannot
// be reached is named in Fleet.Missing and is no error. The caller stops the
// Run, also when ctx was cancelled meanwhile.
func Start(ctx context.Context, options Options) (*Run, error) {
	if options.Versions == "" {
		options.Versions = Newest
	}
	if err := configureTestcontainers(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "chameleon-engines-")
	if err != nil {
		return nil, fmt.Errorf("engines' folder: %w", err)
	}
	secret := make([]byte, 12)
	_, _ = rand.Read(secret) // never fails, by its documentation
	r := &Run{options: options, password: hex.EncodeToString(secret), dir: dir}
	// Servers run as programs have users of their own.
	if err := errors.Join(os.Chmod(dir, 0o755), writeTLS(dir)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	r.removeOrphans(ctx)

	var group sync.WaitGroup
	for _, engine := range engines.All() {
		group.Go(func() { r.reach(ctx, engine) })
	}
	group.Wait()
	r.sort()
	return r, nil
}

// reach tries the sources in order and records what came of it.
func (r *Run) reach(ctx context.Context, engine dialect.Engine) {
	var reasons []string
	for _, source := range r.sources(engine) {
		server, err := source(ctx, engine)
		if err == nil {
			r.logf("%s %s is up: %s", server.Engine, server.Version, server.Source)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.Fleet.Servers = append(r.Fleet.Servers, server)
			return
		}
		reasons = append(reasons, err.Error())
		if !errors.Is(err, errUnavailable) {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Fleet.Missing = append(r.Fleet.Missing, engines.Missing{Engine: engine, Why: strings.Join(reasons, "; ")})
}

type source func(context.Context, dialect.Engine) (engines.Server, error)

// sources of an engine. A URL that was given is the only one: falling back
// from it would test something else than what was asked for.
func (r *Run) sources(engine dialect.Engine) []source {
	if _, given := engines.FromEnvironment(engine); given {
		return []source{fromURL}
	}
	switch r.options.Sources {
	case OnlyDocker:
		return []source{r.fromDocker}
	case OnlyPrograms:
		return []source{r.fromPrograms}
	default:
		return []source{r.fromDocker, r.fromPrograms}
	}
}

func fromURL(ctx context.Context, engine dialect.Engine) (engines.Server, error) {
	server, _ := engines.FromEnvironment(engine)
	ctx, cancel := context.WithTimeout(ctx, urlTimeout)
	defer cancel()
	version, err := waitReady(ctx, engine, server.URL, nil)
	if err != nil {
		return engines.Server{}, fmt.Errorf("%s: %w", server.Source, err)
	}
	server.Version = version
	return server, nil
}

func (r *Run) sort() {
	order := engines.All()
	slices.SortFunc(r.Fleet.Servers, func(a, b engines.Server) int {
		return slices.Index(order, a.Engine) - slices.Index(order, b.Engine)
	})
	slices.SortFunc(r.Fleet.Missing, func(a, b engines.Missing) int {
		return slices.Index(order, a.Engine) - slices.Index(order, b.Engine)
	})
}

// onStop registers what undoes a start.
func (r *Run) onStop(stop func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stops = append(r.stops, stop)
}

// Stop ends every server that the run started and removes what they left. It
// returns what could not be undone.
func (r *Run) Stop(ctx context.Context) error {
	r.mu.Lock()
	stops := r.stops
	r.stops = nil
	r.mu.Unlock()

	errs := make([]error, len(stops)+1)
	var group sync.WaitGroup
	for i, stop := range stops {
		group.Go(func() { errs[i] = stop(ctx) })
	}
	group.Wait()
	errs[len(stops)] = os.RemoveAll(r.dir)
	return errors.Join(errs...)
}

// logf reports progress. A log that cannot be written stops nothing.
func (r *Run) logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(r.options.Log, "engines: "+format+"\n", args...)
}
