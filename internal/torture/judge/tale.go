package judge

import (
	"math"
	"path/filepath"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// call is one call of an operation. One without an answer was cut short by its
// client's death.
type call struct {
	start, end, limit, at int64
	answer                *history.Answer
}

// story is an operation and all calls for it, in order.
type story struct {
	op    history.Op
	calls []call
}

// Tale is what all clients of a run wrote down.
type Tale struct {
	stories map[string]*story
	order   []string
	reports []history.Report
}

// Listen reads the logs of all clients.
func Listen(paths []string) (*Tale, error) {
	t := &Tale{stories: map[string]*story{}}
	for _, path := range paths {
		lines, err := history.Read(filepath.Clean(path))
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			t.hear(line)
		}
	}
	return t, nil
}

func (t *Tale) hear(line history.Line) {
	switch {
	case line.Intent != nil:
		t.stories[line.Intent.ID] = &story{op: *line.Intent}
		t.order = append(t.order, line.Intent.ID)
	case line.Report != nil:
		t.reports = append(t.reports, *line.Report)
	case line.Answer != nil:
		s := t.stories[line.ID]
		last := &s.calls[len(s.calls)-1]
		last.start, last.end, last.answer = line.Start, line.End, line.Answer
	case line.ID != "":
		s := t.stories[line.ID]
		s.calls = append(s.calls, call{start: line.Start, end: math.MaxInt64, limit: line.Limit, at: line.AtUs})
	}
}

// Reports are what clients said of themselves.
func (t *Tale) Reports() []history.Report { return t.reports }

// Counts says how many operations were told, by how they ended, and how many
// calls were made.
type Counts struct {
	Operations, OK, Refused, Clean, Unknown, Calls int
}

// Counts counts.
func (t *Tale) Counts() Counts {
	var c Counts
	for _, s := range t.stories {
		c.Operations++
		c.Calls += len(s.calls)
		switch s.class() {
		case history.OK:
			c.OK++
		case history.Refused:
			c.Refused++
		case history.Clean:
			c.Clean++
		default:
			c.Unknown++
		}
	}
	return c
}

// class is how the operation ended, all calls considered: one that may have
// been stored by any of them is of unknown outcome, unless a later one says.
func (s *story) class() history.Class {
	class := history.Clean
	for _, c := range s.calls {
		switch {
		case c.answer == nil || c.answer.Class == history.Unknown || c.answer.Class == history.Broken:
			class = history.Unknown
		case c.answer.Class == history.OK:
			return history.OK
		case c.answer.Class == history.Refused && class != history.Unknown:
			class = history.Refused
		}
	}
	return class
}

// window is when the operation can have happened: from the first call to the
// first acknowledgement.
func (s *story) window() (start, end int64) {
	start, end = math.MaxInt64, math.MaxInt64
	for _, c := range s.calls {
		start = min(start, c.start)
		if c.answer != nil && c.answer.Class == history.OK {
			return start, c.end
		}
	}
	return start, end
}

// last is the last call, none before the first.
func (s *story) last() call {
	if len(s.calls) == 0 {
		return call{}
	}
	return s.calls[len(s.calls)-1]
}

// wanted are the ledger's operations that an operation asks for by name: user
// and key of each.
func (s *story) wanted() []ref {
	op := s.op
	switch op.Verb {
	case history.Grant, history.Charge, history.Adjust, history.Refund, history.Hold, history.Capture, history.Release,
		history.Extend, history.ClawBack, history.Void, history.Early, history.Squat:
		return []ref{{op.User, op.Key}}
	case history.Post, history.Caller:
		var refs []ref
		for _, part := range op.Parts {
			refs = append(refs, ref{part.User, part.Key})
		}
		return refs
	case history.Generate:
		return []ref{{op.User, "generation:" + op.Key + ":charge"}}
	case history.Reserve:
		return []ref{{op.User, "generation:" + op.Key + ":hold"}}
	default:
		return nil
	}
}

// ref names an operation of the ledger.
type ref struct{ user, key string }

// wish is what of a request does not stand in its entries: how long a hold is to
// last, in microseconds, and whether a capture keeps the rest held.
type wish struct {
	timeout int64
	keep    bool
	forgive bool
}

func (t *Tale) wishes() map[ref]wish {
	all := map[ref]wish{}
	for _, s := range t.stories {
		for i, r := range s.wanted() {
			op := s.op
			if len(op.Parts) > 0 {
				op = op.Parts[i]
			}
			all[r] = wish{timeout: op.TimeoutMs * 1000, keep: op.Keep, forgive: op.Forgive}
		}
	}
	return all
}
