package judge

import (
	"fmt"
	"math"
	"strings"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// span is when an operation can have happened.
type span struct{ start, end int64 }

// windows checks that each account's order of operations fits real time, and
// that what was refused or read fits a moment of the time in which it was
// asked.
func (c *Case) windows() {
	spans := c.spans()
	ordered := map[string][]span{}
	for user, b := range c.told {
		ordered[user] = c.realTime(b, spans)
	}
	for _, id := range c.tale.order {
		s := c.tale.stories[id]
		if s.op.User == "" || c.told[s.op.User] == nil {
			continue
		}
		b := c.told[s.op.User]
		switch s.op.Verb {
		case history.Charge, history.Hold, history.Adjust, history.Generate, history.Reserve:
			if last := s.last(); s.class() == history.Refused && last.answer.Poor {
				if !b.sometime(ordered[s.op.User], last, func(s snapshot, at int64) bool { return s.couldHave(last.answer.Have, at) }) {
					c.addf("a refusal fits what there was", "%s %s: need %d, have %d never was true between %d and %d on %s",
						s.op.ID, s.op.Verb, last.answer.Need, last.answer.Have, last.start, last.end, s.op.User)
				}
			}
		case history.Balance:
			c.balances(s, b, ordered[s.op.User])
		default:
		}
	}
}

// balances checks each balance that was read.
func (c *Case) balances(s *story, b *book, spans []span) {
	for _, call := range s.calls {
		if call.answer == nil || call.answer.Class != history.OK {
			continue
		}
		moment := call.answer.Told[0].Entries[0].AtUs
		call.at = moment
		if !b.sometime(spans, call, func(s snapshot, at int64) bool { return s.couldHave(call.answer.Available, at) }) {
			c.addf("a balance fits what there was", "%s: %d available at %d never was true between %d and %d on %s; %s", s.op.ID,
				call.answer.Available, moment, call.start, call.end, s.op.User, b.could(spans, call))
		}
	}
}

// spans are the windows of the ledger's operations, by what clients were told
// and what they had asked for. What one operation asks for by name begins no
// earlier than its first call; what a domain made under a key of its own may
// have been made by any call before.
func (c *Case) spans() map[ref]span {
	spans := map[ref]span{}
	for _, s := range c.tale.stories {
		start, end := s.window()
		for _, r := range s.wanted() {
			spans[r] = span{start, end}
		}
	}
	for _, s := range c.tale.stories {
		if s.op.Verb == history.Lookup {
			continue
		}
		for _, call := range s.calls {
			if call.answer == nil || call.answer.Class != history.OK {
				continue
			}
			for _, told := range call.answer.Told {
				if told.Key == "" {
					continue // a read
				}
				r := ref{told.User, told.Key}
				known, ok := spans[r]
				if !ok {
					known = span{math.MinInt64, math.MaxInt64}
				}
				spans[r] = span{known.start, min(known.end, call.end)}
			}
		}
	}
	return spans
}

// realTime returns the windows in the order of the account, and checks it: of
// two operations the one that had ended before the other was asked for comes
// first.
func (c *Case) realTime(b *book, spans map[ref]span) []span {
	ordered := make([]span, len(b.ops))
	latest := int64(math.MinInt64)
	for i, op := range b.ops {
		s, known := spans[ref{b.user, op.key}]
		if !known {
			s = span{math.MinInt64, math.MaxInt64}
		}
		ordered[i] = s
		if s.end < latest {
			c.addf("operations are in real-time order", "%s: %q ended at %d, and stands after one that was asked for at %d",
				b.user, op.key, s.end, latest)
		}
		latest = max(latest, s.start)
	}
	return ordered
}

// sometime reports whether something held at a moment of a call: after all
// that had ended before it began, and before all that began after it had
// ended.
func (b *book) sometime(spans []span, c call, holds func(snapshot, int64) bool) bool {
	from, to := between(spans, c)
	for i := from; i <= to; i++ {
		var after snapshot
		if i > 0 {
			after = b.ops[i-1].after
		}
		for _, at := range c.moments() {
			if holds(after, max(at, after.at)) {
				return true
			}
		}
	}
	return false
}

// between are the numbers of operations that a call can have followed.
func between(spans []span, c call) (from, to int) {
	to = len(spans)
	for i, s := range spans {
		if s.end < c.start {
			from = i + 1
		}
		if s.start > c.end {
			to = min(to, i)
		}
	}
	return from, to
}

// could tells what there was at the moments of a call, for a finding.
func (b *book) could(spans []span, c call) string {
	var text strings.Builder
	from, to := between(spans, c)
	for i := from; i <= to && i-from < 5; i++ {
		var after snapshot
		op := operation{}
		if i > 0 {
			op, after = b.ops[i-1], b.ops[i-1].after
		}
		fmt.Fprintf(&text, "after %d (%s %s): lots %v, holds %+v, debt %d, at %d; ", op.seq, op.kind, op.key, after.lots, after.holds,
			after.debt, after.at)
	}
	return text.String()
}

// moments are the times, in microseconds, that a call can have taken for now.
func (c call) moments() []int64 {
	if c.at != 0 {
		return []int64{c.at}
	}
	return []int64{c.start / 1000, (c.start + c.end) / 2000, c.end / 1000}
}

// couldHave reports whether this much could be spent at a moment. Holds that
// have timed out by then, noted or not, give back what they hold, and pay debt
// with it first, or what a claw-back had let go.
func (s snapshot) couldHave(have, at int64) bool {
	free := int64(0)
	for _, l := range s.lots {
		if l.expires > at {
			free += l.free
		}
	}
	if have == free {
		return true
	}
	due := int64(0)
	for _, h := range s.holds {
		if h.due > at {
			continue
		}
		for lot, n := range h.parts {
			if s.alive[lot] > at {
				due += n
			}
		}
	}
	if (s.debt > 0 || s.forgave) && due > 0 {
		return have >= free && have <= free+due
	}
	return have == free+due
}
