package audit

import (
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// best returns the lot that burns next: of those with something free that have
// not expired the soonest to expire, then free before paid, then the oldest.
func (r *replay) best() *replayLot {
	var best *replayLot
	for _, l := range r.lots {
		if !l.expired && l.Free > 0 && (best == nil || l.burnsBefore(best)) {
			best = l
		}
	}
	return best
}

func (l *replayLot) burnsBefore(o *replayLot) bool {
	if l.ExpiresUs != o.ExpiresUs {
		return l.ExpiresUs < o.ExpiresUs
	}
	if l.Paid != o.Paid {
		return o.Paid
	}
	return l.Lot.Lot < o.Lot.Lot
}

// row is what credits_lots must hold of the lot, of which so much stands on the
// account's row.
func (l *replayLot) row(open int64) credits.Lot {
	row := l.Lot
	row.Live = !l.expired && (l.Free > 0 || l.Held > 0)
	row.Free -= open
	return row
}

// openPart is what the account's row holds of a lot that is open.
func (r *replay) openPart(l *replayLot) int64 {
	return column.OpenPart(l.Free, r.available(), r.mark)
}

// openOf is what the account's row holds of a lot, where the one given is open.
func (r *replay) openOf(id, open int64) int64 {
	if id != open {
		return 0
	}
	return r.openPart(r.lots[id])
}

// nextEvent is when the account's sums change by themselves next.
func (r *replay) nextEvent() int64 {
	next := int64(column.Never)
	for _, l := range r.lots {
		if !l.expired && (l.Free > 0 || l.Held > 0) {
			next = min(next, l.ExpiresUs)
		}
	}
	for _, h := range r.holds {
		if h.Status == credits.HoldActive {
			next = min(next, h.DueUs)
		}
	}
	return next
}

// expiredCredits is what was left of grants when they expired, with what came
// back to them since.
func (r *replay) expiredCredits() int64 {
	var sum int64
	for _, l := range r.lots {
		if l.expired {
			sum += l.Free + l.Held
		}
	}
	return sum
}

// foreign reports whether another program keeps left_credits and total_credits,
// too: it did before the ledger has an entry, or history has entries of its.
func (r *replay) foreign() bool { return r.adopted || r.count == 0 }

func (r *replay) activeHolds() int64 {
	var n int64
	for _, h := range r.holds {
		if h.Status == credits.HoldActive {
			n++
		}
	}
	return n
}

// overdueHolds reports holds whose timeout the account's time has passed.
func (r *replay) overdueHolds(at int64) {
	for _, h := range r.holds {
		if h.Status == credits.HoldActive && h.DueUs <= at {
			r.reportf(BreachHold, h.HoldSeq, "should have timed out at %d, the account's time is %d", h.DueUs, at)
		}
	}
}

// account is the account's row that the history implies, with the lot open
// that burns next.
func (r *replay) account() credits.Account {
	a := credits.Account{
		UserUUID: r.user, LeftCredits: r.available(), TotalCredits: r.granted,
		Balance: r.balance(), HeldCredits: r.held, DebtCredits: r.debt, ExpiredCredits: r.expiredCredits(),
		AsOfUs: r.at, NextEventUs: r.nextEvent(), ActiveHolds: r.activeHolds(),
	}
	if r.prev != nil {
		a.Seq, a.HeadHash = r.prev.Seq, r.prev.Hash
	}
	if l := r.best(); l != nil {
		a.OpenLot, a.OpenLeft, a.OpenExpiresUs = l.Lot.Lot, r.openPart(l), l.ExpiresUs
	}
	return a
}
