package judge

import (
	"fmt"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// Margin is what a call may take beyond its caller's deadline: to give the
// connection up, and to be told so.
const Margin = 3 * time.Second

// answers checks every call on its own: what was acknowledged is there, with
// the very entries that were told; what was refused is not.
func (c *Case) answers() {
	for _, id := range c.tale.order {
		s := c.tale.stories[id]
		c.times(s)
		c.existence(s)
		c.replays(s)
		for _, call := range s.calls {
			if call.answer == nil {
				continue
			}
			for _, told := range call.answer.Told {
				c.entriesTold(s, told)
			}
			for _, breach := range call.answer.Breaches {
				c.addf("Verify is never falsely not clean", "%s: %s", id, breach)
			}
			c.never(s, call.answer)
			if call.answer.Class == history.Broken {
				c.addf("errors are those that are documented", "%s %s: %s", id, s.op.Verb, call.answer.Error)
			}
		}
	}
	c.strangers()
}

// never checks what no call is told, whatever happens: that what must be refused
// was done, or that a part was missing, as every commit here is whole.
func (c *Case) never(s *story, answer *history.Answer) {
	switch {
	case answer.Class == history.OK && s.op.Verb == history.Early:
		c.addf("a time far ahead is refused", "%s was taken", s.op.ID)
	case answer.Class == history.OK && s.op.Verb == history.Squat:
		c.addf("a reserved key is refused", "%s: %s was taken", s.op.ID, s.op.Key)
	case len(answer.Mended) > 0:
		c.addf("nothing is mended that was whole", "%s %s: %v", s.op.ID, s.op.Verb, answer.Mended)
	}
}

// times checks that calls came back within their callers' deadlines.
func (c *Case) times(s *story) {
	for _, call := range s.calls {
		if call.answer == nil {
			continue
		}
		if over := time.Duration(call.end - call.start - call.limit); over > Margin+c.tale.lagAt(call.end) {
			c.addf("a call returns within its deadline", "%s %s: %s beyond its deadline of %s: %s", s.op.ID, s.op.Verb, over,
				time.Duration(call.limit), call.answer.Error)
		}
	}
}

// lagAt is what the machine itself added to calls that ended at a moment.
func (t *Tale) lagAt(end int64) time.Duration {
	lag := time.Duration(0)
	for _, r := range t.reports {
		if r.At >= end {
			lag = max(lag, time.Duration(r.Lag))
		}
	}
	return lag
}

// existence checks that an operation is in the books, or is not.
func (c *Case) existence(s *story) {
	refused := map[int]bool{}
	acknowledged := false
	for _, call := range s.calls {
		if call.answer != nil && call.answer.Class == history.OK && !call.answer.Replayed {
			acknowledged = true
			for _, i := range call.answer.Refusals {
				refused[i] = true
			}
		}
	}
	for i, want := range s.wanted() {
		found := c.find(want)
		switch class := s.class(); {
		case class == history.OK && acknowledged && !refused[i] && found == nil:
			c.addf("what was acknowledged is there", "%s %s: no operation %v", s.op.ID, s.op.Verb, want)
		case class == history.OK && acknowledged && refused[i] && found != nil && s.sure():
			c.addf("what was refused is not there", "%s %s: part %d, %v, was refused and is there", s.op.ID, s.op.Verb, i, want)
		case class == history.Refused && found != nil:
			c.addf("what was refused is not there", "%s %s: %v was refused (%s) and is there", s.op.ID, s.op.Verb, want, s.last().answer.Error)
		case class == history.Clean && found != nil && len(s.calls) > 0:
			c.addf("an error without an unknown outcome wrote nothing", "%s %s: %v is there after %s", s.op.ID, s.op.Verb, want, s.last().answer.Error)
		case len(s.calls) == 0 && found != nil:
			c.addf("nothing happens that nobody asked for", "%s %s: %v", s.op.ID, s.op.Verb, want)
		}
		if found != nil {
			c.payload(s, i, found)
		}
	}
}

// sure reports whether no call before the acknowledgement may have been stored.
func (s *story) sure() bool {
	for _, call := range s.calls {
		if call.answer == nil || call.answer.Class == history.Unknown {
			return false
		}
		if call.answer.Class == history.OK {
			return true
		}
	}
	return true
}

func (c *Case) find(r ref) *operation {
	b := c.told[r.user]
	if b == nil {
		return nil
	}
	i, ok := b.byKey[r.key]
	if !ok {
		return nil
	}
	return &b.ops[i]
}

// payload checks that what is stored is what was asked for.
func (c *Case) payload(s *story, i int, found *operation) {
	op := s.op
	if len(op.Parts) > 0 {
		op = op.Parts[i]
	}
	want := op.Amount
	switch op.Verb {
	case history.Adjust:
		want = max(op.Amount, -op.Amount)
	case history.Refund, history.Capture:
		if want == 0 {
			return
		}
	case history.Grant, history.Charge, history.Hold, history.Generate, history.Reserve:
	default:
		return
	}
	if found.amount != want {
		c.addf("what is stored is what was asked for", "%s %s: %d asked for, %d stored", op.ID, op.Verb, want, found.amount)
	}
}

// replays checks the word Replayed: a result is a replay only if an earlier
// call may have been stored, and always if one was acknowledged.
func (c *Case) replays(s *story) {
	switch s.op.Verb {
	case history.Grant, history.Charge, history.Adjust, history.Refund, history.Hold, history.Capture, history.Release,
		history.ClawBack, history.Void, history.Generate, history.Reserve, history.Order, history.Subscribe:
	default:
		return
	}
	before := false
	for _, call := range s.calls {
		if call.answer == nil || call.answer.Class == history.Unknown {
			before = true
			continue
		}
		if call.answer.Class == history.OK && call.answer.Replayed && !before {
			c.addf("a first result is not a replay", "%s %s", s.op.ID, s.op.Verb)
		}
	}
}

// entriesTold compares what a client was told with what is stored. A part of a
// transaction that was rolled back was told, too, and is left out before.
func (c *Case) entriesTold(s *story, told history.Told) {
	if told.Key == "" {
		return // a read
	}
	found := c.find(ref{told.User, told.Key})
	if found == nil {
		c.addf("what was acknowledged is there", "%s %s: no operation %s %s", s.op.ID, s.op.Verb, told.User, told.Key)
		return
	}
	want, got := texts(told.Entries), []string{}
	for _, e := range found.entries {
		got = append(got, text(history.Entry{
			Seq: e.Seq, Lot: e.Lot, Credits: e.Credits, Held: e.Held, Balance: e.Balance, Available: e.Avail, AtUs: e.At,
			ExpiresUs: e.Expires, Type: e.Type,
		}))
	}
	if strings.Join(want, "\n") != strings.Join(got, "\n") {
		c.addf("entries are those that were told", "%s %s %s: told %v, stored %v", s.op.ID, s.op.Verb, told.Key, want, got)
	}
}

func texts(entries []history.Entry) []string {
	out := []string{}
	for _, e := range entries {
		out = append(out, text(e))
	}
	return out
}

func text(e history.Entry) string {
	return fmt.Sprintf("%d lot %d %s %d held %d = %d/%d at %d till %d", e.Seq, e.Lot, e.Type, e.Credits, e.Held, e.Balance,
		e.Available, e.AtUs, e.ExpiresUs)
}

// strangers are operations under the clients' keys that no client asked for.
func (c *Case) strangers() {
	asked := map[ref]bool{}
	for _, s := range c.tale.stories {
		for _, r := range s.wanted() {
			asked[r] = true
		}
	}
	for user, b := range c.told {
		for key := range b.byKey {
			if strings.HasPrefix(key, "t:") && !asked[ref{user, key}] {
				c.addf("nothing happens that nobody asked for", "%s %s", user, key)
			}
		}
	}
}
