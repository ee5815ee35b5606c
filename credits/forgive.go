package credits

import "context"

// What a claw-back forgave had been spent. When that spending is undone, by a refund or the
// release of a hold, what comes back to the grant is what was forgiven, and is taken back then,
// as if the spending had been undone first. So while something of a grant is forgiven, nothing
// of it can be spent.

// giveBack is what is returned to a lot, and how much of that is taken back there.
type giveBack struct {
	portion
	taken int64
}

// giveBacks plans what is returned to lots, in order, and records in the operation's data and in
// the lots how much of it is taken back. Nothing is posted yet, because an operation's data is
// on its first entry.
//
// Held credits became debt when they were clawed back, unless their grant had expired, so
// released credits pay debt first. Refunded credits first undo what was forgiven.
func (a *account) giveBacks(ctx context.Context, b *builder, parts []portion, released bool) ([]giveBack, error) {
	out := make([]giveBack, 0, len(parts))
	debt := a.DebtCredits
	for _, p := range parts {
		if p.amount == 0 {
			continue
		}
		root, err := a.rootOf(ctx, p.lot)
		if err != nil {
			return nil, err
		}
		rest := p.amount
		if released && !a.expired(p.lot) {
			pays := min(debt, rest)
			debt, rest = debt-pays, rest-pays
		}
		c := giveBack{portion: p}
		if c.taken, err = a.unforgive(b, root, p.lot, rest); err != nil {
			return nil, err
		}
		if !released && !a.expired(p.lot) {
			debt -= min(debt, rest-c.taken)
		}
		out = append(out, c)
	}
	return out, nil
}

// takeBack posts what is taken back of credits that were just returned.
func (c giveBack) takeBack(a *account, b *builder) {
	if c.taken > 0 {
		a.post(b, c.lot, TypeClawBack, -c.taken, 0)
	}
}

// unforgive turns up to amount of what was forgiven of a grant into credits
// taken from one of its lots, and returns how much.
func (a *account) unforgive(b *builder, root, l *lot, amount int64) (int64, error) {
	state, err := root.clawState()
	if err != nil {
		return 0, err
	}
	taken := min(amount, state.Forgiven)
	if taken == 0 {
		return 0, nil
	}
	state.Forgiven -= taken
	b.claw(root, state)
	own, err := l.clawState() // the same one, if the lot is the grant's own
	if err != nil {
		return 0, err
	}
	own.Taken += taken
	b.claw(l, own)
	return taken, nil
}

// claw records a lot's new state, on the lot and for the operation's data.
func (b *builder) claw(l *lot, state *clawState) {
	l.Claws = mustJSON(state)
	if b.data.Lots == nil {
		b.data.Lots = map[int64]*clawState{}
	}
	b.data.Lots[l.Lot.Lot] = state
}
