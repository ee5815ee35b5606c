package judge

import "github.com/chameleon-go/chameleon/internal/torture/history"

// callers checks the callers' own transactions: their row and the ledger's work
// are there together or not at all.
func (c *Case) callers() {
	asked := map[string]bool{}
	for _, id := range c.tale.order {
		s := c.tale.stories[id]
		if s.op.Verb != history.Caller {
			continue
		}
		asked[id] = true
		_, noted := c.books.notes[id]
		stored := 0
		for _, want := range s.wanted() {
			if c.find(want) != nil {
				stored++
			}
		}
		switch class := s.class(); {
		case s.op.RollBack && (noted || stored > 0):
			c.addf("what is rolled back is not there", "%s: note %t, %d operations", id, noted, stored)
		case class == history.OK && !noted:
			c.addf("what was acknowledged is there", "%s: the caller's row is gone", id)
		case (class == history.Refused || class == history.Clean) && noted:
			c.addf("an error without an unknown outcome wrote nothing", "%s: the caller's row is there after %s", id, s.last().answer.Error)
		case stored > 0 && !noted:
			c.addf("a caller's transaction is whole", "%s: %d operations without the caller's row", id, stored)
		case noted && (stored < s.atLeast() || c.lacksGrant(s)):
			c.addf("a caller's transaction is whole", "%s: the caller's row with %d operations of %d", id, stored, s.atLeast())
		}
	}
	for id := range c.books.notes {
		if !asked[id] {
			c.addf("nothing happens that nobody asked for", "note %s", id)
		}
	}
}

// atLeast is how many operations an acknowledged transaction was told to have
// stored.
func (s *story) atLeast() int {
	most := 0
	for _, call := range s.calls {
		if call.answer != nil && call.answer.Class == history.OK {
			most = max(most, len(call.answer.Told))
		}
	}
	return most
}

// lacksGrant reports whether a grant of a transaction is not stored. A charge or
// a hold may have found too little, and a grant that expires may have been late;
// nothing refuses the others, so that this holds without an acknowledgement, too.
func (c *Case) lacksGrant(s *story) bool {
	for _, part := range s.op.Parts {
		if part.Verb == history.Grant && part.ExpiresUs == 0 && c.find(ref{part.User, part.Key}) == nil {
			return true
		}
	}
	return false
}
