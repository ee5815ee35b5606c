// Package storm runs the torture: client processes, a proxy and a server of
// their own for each engine, faults of all of these, and the judge.
package storm

import (
	"context"
	"io"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// Options say what to do to one engine.
type Options struct {
	Engine dialect.Engine
	// Time is how long a run may last by the clock, from the server's start on,
	// checks included: no database is begun that would not fit. The first one
	// always is, and what a client has begun it may finish.
	Time time.Duration
	// Round is how long they work on one database.
	Round time.Duration
	Seed  uint64
	// Clients is how many processes work at once.
	Clients int
	// Dir holds the clients' logs. It is kept when something was found.
	Dir string
	// Longest bounds the callers' deadlines.
	Longest time.Duration
	// Only narrows the mix to some verbs.
	Only []history.Verb
	// Parameters are added to SQLite's URLs: a weaker setting, to be found.
	Parameters string
	// KeepServer leaves the server's process alone, and its settings.
	KeepServer bool
	// FirstFinding ends the run at the first round that finds something.
	FirstFinding bool
	// Start starts a server of the run's own. SQLite needs none.
	Start func(ctx context.Context, engine dialect.Engine, log io.Writer) (Machine, error)
	// Log receives progress, a line at a time.
	Log io.Writer
}

// shortest is the shortest deadline of a caller.
const shortest = 2 * time.Millisecond
