package credits

import (
	"cmp"
	"context"
	"slices"
)

// advance brings the account to time at: it times holds out and lets grants
// expire, in the order in which that fell due. An earlier time than the
// account's own is taken as the account's own.
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

// timeline orders what is due. A hold that times out as its grant expires goes
// first; either order leaves the same numbers.
func timeline(lots []*lot, holds []*hold) []event {
	events := make([]event, 0, len(lots)+len(holds))
	for _, h := range holds {
		events = append(events, event{at: h.DueUs, hold: h})
	}
	for _, l := range lots {
		events = append(events, event{at: l.ExpiresUs, lot: l})
	}
	slices.SortStableFunc(events, func(x, y event) int { return cmp.Compare(x.at, y.at) })
	return events
}

// expire takes a lot out of the account's sums. No entry is written: history
// says when each grant expires, and sums over it leave expired ones out.
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
