package credits

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
)

// clawState is what was clawed back of a lot. The grant's own lot has the totals that sources
// reported, and the part of their sum that was not taken from any lot. Each lot has what was
// taken from it, and what was settled of what could not be taken.
type clawState struct {
	Totals   map[string]int64 `json:"totals,omitempty"`
	Debt     int64            `json:"debt,omitempty"`
	Forgiven int64            `json:"forgiven,omitempty"`

	Taken int64 `json:"taken,omitempty"`
	// Held is how much of what is held of the lot is already settled.
	Held int64 `json:"held,omitempty"`
}

func (l *lot) clawState() (*clawState, error) {
	s := &clawState{}
	if l.Claws == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(l.Claws), s); err != nil {
		return nil, errBroken(l.UserUUID, "a grant's claw-backs do not parse")
	}
	return s, nil
}

// clawBacks are the lots that hold one grant's credits, its own first, with what was clawed
// back of each.
type clawBacks struct {
	lots   []*lot
	states []*clawState
	state  *clawState // the grant's own
	// paid is how much debt the lots paid and did not get back, voided what voiding took
	// from them.
	paid, voided int64
}

func (a *account) clawBacks(ctx context.Context, root *lot) (*clawBacks, error) {
	lots, err := a.lotsOfRoot(ctx, root)
	if err != nil {
		return nil, err
	}
	c := &clawBacks{lots: lots}
	if c.paid, c.voided, err = a.traces(ctx, lots); err != nil {
		return nil, err
	}
	for _, l := range lots {
		s, err := l.clawState()
		if err != nil {
			return nil, err
		}
		// What was held and has since been spent or released is no longer held.
		s.Held = min(s.Held, l.Held)
		c.states = append(c.states, s)
	}
	c.state = c.states[0]
	return c, nil
}

// report records a source's total and returns by how much the claw-back grows or, if negative,
// shrinks.
func (c *clawBacks) report(p ClawBackParams, granted int64) int64 {
	s := c.state
	if s.Totals == nil {
		s.Totals = map[string]int64{}
	}
	if p.Total > s.Totals[p.Source] || p.Reinstate {
		s.Totals[p.Source] = p.Total
	}
	var sum int64
	for _, total := range s.Totals {
		sum += total
	}
	return min(sum, granted) - c.met()
}

// met returns how much of what is to be taken back is settled.
func (c *clawBacks) met() int64 {
	met := c.state.Debt + c.state.Forgiven
	for _, s := range c.states {
		met += s.Taken
	}
	return met
}

// record stores the new states. Lots that no claw-back ever touched have none.
func (c *clawBacks) record(b *builder) {
	for i, l := range c.lots {
		if text := mustJSON(c.states[i]); i == 0 || text != cmp.Or(l.Claws, "{}") {
			b.claw(l, c.states[i])
		}
	}
}

// clawPlan is what a claw-back moves; negative amounts are given back.
type clawPlan struct {
	taken []portion
	debt  int64
	// paid is debt that was paid and is returned to the payers.
	paid   int64
	payers []giveBack
}

// plan splits a change of the claw-back and records it in the states. Giving back works as if
// only the rest had been clawed back.
func (c *clawBacks) plan(a *account, change int64, policy ClawBackPolicy) clawPlan {
	if change < 0 {
		return c.planBack(-change, a)
	}
	var p clawPlan
	for i, l := range c.lots {
		take := min(change, l.Free)
		p.taken = append(p.taken, portion{l, take})
		c.states[i].Taken += take
		change -= take
	}
	// Debt that was paid with credits that are taken back is owed again. What they paid of
	// the grant's own debt was taken back that way.
	p.debt = min(change, max(c.paid-c.state.Debt, 0))
	change -= p.debt
	for i, l := range c.lots {
		// Held credits are not spent. They are settled once: by debt, which their release
		// pays, or by nothing if they have expired, because nobody can use them.
		held := min(change, l.Held-c.states[i].Held)
		c.states[i].Held += held
		change -= held
		if a.expired(l) {
			c.state.Forgiven += held
		} else {
			p.debt += held
		}
	}
	// The rest was spent.
	if policy == PolicyForgive {
		c.state.Forgiven += change
	} else {
		p.debt += change
	}
	c.state.Debt += p.debt
	return p
}

func (c *clawBacks) planBack(change int64, a *account) clawPlan {
	s := c.state
	forgiven := min(change, s.Forgiven)
	debt := min(change-forgiven, s.Debt)
	s.Forgiven -= forgiven
	s.Debt -= debt
	p := clawPlan{}
	left, unheld := change-forgiven-debt, forgiven+debt
	for i, l := range slices.Backward(c.lots) {
		taken, held := min(left, c.states[i].Taken), min(unheld, c.states[i].Held)
		c.states[i].Taken -= taken
		c.states[i].Held -= held
		left, unheld = left-taken, unheld-held
		p.taken = append(p.taken, portion{l, -taken})
	}
	slices.Reverse(p.taken)
	// Debt that was paid in the meantime took credits from other grants.
	owed := min(debt, a.DebtCredits)
	p.debt, p.paid = -owed, debt-owed
	return p
}

// post writes the plan. The first entry is on the grant itself, even if the claw-back moves
// nothing.
func (p clawPlan) post(a *account, b *builder) {
	for i, part := range p.taken {
		if part.amount != 0 || i == 0 {
			a.post(b, part.lot, TypeClawBack, -part.amount, 0)
		}
	}
	if p.debt != 0 {
		a.post(b, a.debt(), TypeClawBack, -p.debt, 0)
	}
	for _, payer := range p.payers {
		a.post(b, payer.lot, TypeDebtPayment, payer.amount, 0)
		payer.takeBack(a, b)
	}
	for _, part := range p.taken {
		if part.amount < 0 {
			a.payDebt(b, part.lot, -part.amount)
		}
	}
}
