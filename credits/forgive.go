package credits

import "context"

// What a claw-back let go was spent. When a spending is undone, by a refund or
// the release of a hold, what comes back to the grant is what was let go: it is
// taken back then, as if the spending had been undone first. So of a grant of
// which something is forgiven nothing can be spent.

// giveBack is what goes back to a lot, and how much of it is taken back there.
type giveBack struct {
	portion
	taken int64
}

// giveBacks plans what comes back to lots, in order, and notes in the
// operation's data and in the lots what of it is taken back. Nothing is posted,
// because an operation's data stands on its first entry.
//
// What was held became debt when it was clawed back, unless its grant had
// expired; so what a release brings pays debt first. A refund's first undoes
// what was let go.
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

// takeBack posts what is taken back of what has just come back.
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

// claw notes a lot's new state, on the lot and for the operation's data.
func (b *builder) claw(l *lot, state *clawState) {
	l.Claws = mustJSON(state)
	if b.data.Lots == nil {
		b.data.Lots = map[int64]*clawState{}
	}
	b.data.Lots[l.Lot.Lot] = state
}
