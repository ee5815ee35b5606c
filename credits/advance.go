package credits

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// advance brings the account to time at: it times out holds and expires grants, in the order
// in which they fall due. A time before the account's own is taken as the account's own.
func (a *account) advance(ctx context.Context, at int64) error {
	if at <= a.AsOfUs {
		return nil
	}
	if a.virtual || at < a.NextEventUs {
		a.AsOfUs = at
		return nil
	}
	lots, holds, err := a.book.due(ctx, a, at)
	if err != nil {
		return err
	}
	for _, e := range timeline(lots, holds) {
		a.AsOfUs = max(a.AsOfUs, e.at)
		if e.hold == nil {
			a.expire(e.lot)
			continue
		}
		if err := a.endHold(ctx, systemBuilder(KindTimeout, e.hold), e.hold, TypeHoldTimeout, HoldTimedOut); err != nil {
			return err
		}
	}
	a.AsOfUs = at
	return nil
}

// event is something that falls due by itself: a hold or a lot.
type event struct {
	at   int64
	hold *hold
	lot  *lot
}

// timeline sorts what is due. Grants that expire when a hold times out come first: at its
// expiry a grant is expired, so the timeout's entries must not count it, and what they return
// to it stays expired.
func timeline(lots []*lot, holds []*hold) []event {
	events := make([]event, 0, len(lots)+len(holds))
	for _, l := range lots {
		events = append(events, event{at: l.ExpiresUs, lot: l})
	}
	for _, h := range holds {
		events = append(events, event{at: h.DueUs, hold: h})
	}
	slices.SortStableFunc(events, func(x, y event) int { return cmp.Compare(x.at, y.at) })
	return events
}

// expire removes a lot from the account's sums. No entry is written: history says when each
// grant expires, and sums over it exclude expired ones.
func (a *account) expire(l *lot) {
	if !l.Live {
		return
	}
	l.Live = false
	a.Balance -= l.Free + l.Held
	a.HeldCredits -= l.Held
	a.LeftCredits -= l.Free
	a.ExpiredCredits += l.Free + l.Held
}

// checkpoint returns a function that undoes advancing to time at, for an operation that is
// then refused: its time must not affect the operations after it. If the operation itself may
// have to be undone (nearLimits), the function undoes that too, and whole is true.
func (a *account) checkpoint(at, granted int64) (undo func(), whole bool) {
	row := a.Account
	if (at < a.NextEventUs && !a.nearLimits(granted)) || a.virtual {
		return func() { a.Account = row }, false
	}
	lots, holds := map[int64]lot{}, map[int64]hold{}
	for id, l := range a.lots {
		lots[id] = *l
	}
	for id, h := range a.holds {
		holds[id] = h.clone()
	}
	budgets := map[string]Budget{}
	for name, b := range a.budgets {
		budgets[name] = *b
	}
	queue, frontier, complete, entries := slices.Clone(a.queue), a.frontier, a.complete, len(a.entries)
	return func() {
		a.Account, a.queue, a.frontier, a.complete = row, queue, frontier, complete
		a.entries = a.entries[:entries]
		// What was read since is dropped, and read again when it is needed.
		maps.DeleteFunc(a.lots, func(id int64, l *lot) bool {
			before, known := lots[id]
			*l = before
			return !known
		})
		maps.DeleteFunc(a.budgets, func(name string, b *Budget) bool {
			before, known := budgets[name]
			*b = before
			if !known {
				delete(a.spending, name)
			}
			return !known
		})
		maps.DeleteFunc(a.holds, func(id int64, h *hold) bool {
			before, known := holds[id]
			*h = before
			return !known
		})
	}, true
}
