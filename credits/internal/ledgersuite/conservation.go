package ledgersuite

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

// purchase is what became of one grant's credits, in all the lots that hold
// them.
type purchase struct {
	given, voided       int64
	free, held          int64
	spent               int64 // and not given back
	paid                int64 // of debts, and not given back
	totals              int64 // to be taken back, by all sources
	taken, debt, letoff int64
}

// kept is what the money that was kept bought.
func (p *purchase) kept() int64 { return p.given - p.voided - min(p.totals, p.given-p.voided) }

// checkConservation checks that an account never has more than the money that
// was kept bought: per purchase, and over all of them.
func checkConservation(t tester, s *Stored) {
	t.Helper()
	var has, may int64
	for root, p := range s.purchases(t) {
		require.Equal(t, p.given, p.free+p.held+p.spent+p.taken+p.voided+p.paid, "grant %d: %+v", root, p)
		require.Equal(t, p.given-p.voided-p.kept(), p.taken+p.debt+p.letoff, "grant %d is taken back: %+v", root, p)
		if p.letoff > 0 {
			require.Zero(t, p.free, "grant %d was let go in part, and can be spent: %+v", root, p)
			require.LessOrEqual(t, p.letoff, p.spent+p.held, "grant %d: more was let go than was spent: %+v", root, p)
		}
		has += p.free + p.held + p.spent
		may += p.kept() + p.letoff
	}
	if s.Row != nil {
		has += s.overdrawn()
		require.Equal(t, may+s.Row.DebtCredits, has, "what was kept, let go and is owed, against what is left or was spent")
	}
}

// overdrawn is what another program spent without that any grant had it.
func (s *Stored) overdrawn() (sum int64) {
	for _, e := range s.Entries {
		if e.Lot == -1 && e.TransType != credits.TypeDebtPayment && e.TransType != credits.TypeClawBack {
			sum -= e.Credits
		}
	}
	return sum
}

// purchases sums entries and lots by the grant that they come from.
func (s *Stored) purchases(t tester) map[int64]*purchase {
	out, rootOf := map[int64]*purchase{}, map[int64]int64{}
	for _, l := range s.Lots {
		rootOf[l.Lot] = max(l.Origin, 0)
		if l.Origin == 0 {
			rootOf[l.Lot] = l.Lot
			out[l.Lot] = &purchase{}
		}
	}
	for _, l := range s.Lots {
		p := out[rootOf[l.Lot]]
		require.NotNil(t, p, "lot %d comes from no grant", l.Lot)
		p.free, p.held = p.free+l.Free, p.held+l.Held
		var state struct {
			Totals   map[string]int64 `json:"totals"`
			Debt     int64            `json:"debt"`
			Forgiven int64            `json:"forgiven"`
			Taken    int64            `json:"taken"`
		}
		if l.Claws != "" {
			require.NoError(t, json.Unmarshal([]byte(l.Claws), &state))
		}
		p.taken, p.debt, p.letoff = p.taken+state.Taken, p.debt+state.Debt, p.letoff+state.Forgiven
		for _, total := range state.Totals {
			p.totals += total
		}
	}
	for _, e := range s.Entries {
		p := out[rootOf[e.Lot]]
		if p == nil {
			continue // debt
		}
		switch {
		case e.Seq == e.Lot && e.TransType != credits.TypeCarryOver:
			p.given += e.Credits
		case e.TransType == credits.TypeVoid:
			p.voided -= e.Credits
		case e.TransType == credits.TypeDebtPayment:
			p.paid -= e.Credits
		case e.TransType == credits.TypeClawBack, e.TransType == credits.TypeCarryOver:
		default:
			p.spent -= e.Credits
		}
	}
	return out
}
