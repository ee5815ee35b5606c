package audit

import (
	"cmp"
	"fmt"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// replay computes from an account's history what its state must be. It is a
// second opinion: it shares the tables' rows and the chain's definition with
// the code that posts operations, and nothing of how that plans them.
//
// Feed it the entries in the order of their seq, then call settle. It reads
// nothing but the entries, and holds in memory about 200 bytes a grant, a hold
// and a budget, whatever the number of entries.
type replay struct {
	user  string
	found func(Breach)

	// prev is the entry before, whole; at is the account's time.
	prev *credits.Entry
	at   int64
	op   replayOp

	lots  map[int64]*replayLot
	alive expiryHeap
	holds map[int64]*replayHold
	// budgets are by their names.
	budgets map[string]*replayBudget

	sums
	// drift is by how much the stored running balances differed so far, so
	// that a difference is reported where it arises and not ever after.
	drift, driftAvailable int64
	// mark is the account's low-balance mark, which its row alone has.
	mark int64
	// adopted means that history has operations of another program.
	adopted bool
}

// sums are the account's, over grants that have not expired at its time unless
// stated otherwise.
type sums struct {
	entries   int64 // of all entries, expired or not
	remainder int64 // free and held
	held      int64
	debt      int64
	granted   int64 // of all grants, expired or not
	count     int64 // entries
}

// balance is what the balance column holds.
func (s sums) balance() int64 { return s.remainder - s.debt }

// available is what can be spent.
func (s sums) available() int64 { return s.remainder - s.held }

// replayLot is a grant: the row that credits_lots must hold, free of the
// question which lot is open.
type replayLot struct {
	credits.Lot
	expired bool
	// ungranted lots have no granting entry.
	ungranted bool
	// outOfRange keeps a remainder from being reported again.
	outOfRange bool
	// seen means that credits_lots has a row of it.
	seen bool
}

func newReplay(user string, found func(Breach)) *replay {
	return &replay{
		user: user, found: found,
		lots: map[int64]*replayLot{}, holds: map[int64]*replayHold{}, budgets: map[string]*replayBudget{},
	}
}

func (r *replay) reportf(kind BreachKind, seq int64, format string, args ...any) {
	b := Breach{UserUUID: r.user, Kind: kind, Detail: fmt.Sprintf(format, args...)}
	if seq != 0 {
		b.Seqs = []int64{seq}
	}
	r.found(b)
}

// entry takes the next entry of the history.
func (r *replay) entry(e *credits.Entry) {
	r.checkChain(e)
	r.checkTimes(e)
	r.turnBack(e)
	r.advance(e.AtUs)
	r.enter(e)
	r.move(e)
	r.moveHold(e)
	r.moveBudgets(e)
	r.entries += e.Credits
	r.count++
	r.checkBalance(e)
	r.prev = e
}

// settle ends the history and brings the sums to the account's time.
func (r *replay) settle(at int64) {
	r.endOp()
	r.op = replayOp{}
	r.advance(at)
}

// advance moves the account's time on and takes out of the sums what expires.
// It never moves back.
func (r *replay) advance(at int64) {
	r.at = max(r.at, at)
	for len(r.alive) > 0 && r.alive[0].ExpiresUs <= r.at {
		l := r.alive.pop()
		l.expired = true
		r.remainder -= l.Free + l.Held
		r.held -= l.Held
	}
}

// turnBack moves the account's time back with the entry of a reset: what has
// expired since counts again.
func (r *replay) turnBack(e *credits.Entry) {
	if e.OpKind != credits.KindClockReset || e.AtUs >= r.at {
		return
	}
	r.at = e.AtUs
	for _, l := range r.lots {
		if l.expired && l.ExpiresUs > r.at {
			l.expired = false
			r.remainder += l.Free + l.Held
			r.held += l.Held
			r.alive.push(l)
		}
	}
}

// move books an entry on its grant, or on the debt.
func (r *replay) move(e *credits.Entry) {
	if e.Lot == column.DebtLot {
		r.moveDebt(e)
		return
	}
	l := r.lotOf(e)
	if e.ExpiresUs != l.ExpiresUs {
		r.reportf(BreachExpiry, e.Seq, "expires_us is %d, its grant's is %d", e.ExpiresUs, l.ExpiresUs)
	}
	if r.op.grants() && e.Lot == r.op.seq && e.Seq != e.Lot && e.TransType == credits.TypeCarryOver {
		l.Granted += e.Credits // the first versions carried over into the grant itself
	}
	l.Free += e.Credits - e.Held
	l.Held += e.Held
	if !l.expired {
		r.remainder += e.Credits
		r.held += e.Held
	}
	r.checkRemainder(e, l)
}

func (r *replay) moveDebt(e *credits.Entry) {
	r.debt -= e.Credits
	if e.Held != 0 || e.ExpiresUs != column.Never {
		r.reportf(BreachOperation, e.Seq, "an entry of the debt that holds credits or expires")
	}
	if r.debt < 0 && r.debt+e.Credits >= 0 {
		r.reportf(BreachRemainder, e.Seq, "more debt was paid than there was: it is %d", r.debt)
	}
}

// lotOf returns the grant that an entry belongs to, which the entry may make.
func (r *replay) lotOf(e *credits.Entry) *replayLot {
	if l := r.lots[e.Lot]; l != nil {
		return l
	}
	l := &replayLot{Lot: credits.Lot{
		UserUUID: r.user, Lot: e.Lot, Granted: e.Credits, Paid: r.op.kind == credits.KindPaidGrant,
		ExpiresUs: e.ExpiresUs, CreatedUs: e.AtUs, Origin: r.originOf(e),
	}}
	if e.Lot != e.Seq && l.Origin == 0 || !r.op.grants() {
		l.ungranted = true
		r.reportf(BreachOperation, e.Seq, "belongs to grant %d, which history does not have", e.Lot)
	}
	if e.Lot == e.Seq {
		r.granted = column.Earned(r.granted, e.Credits)
	}
	r.lots[e.Lot] = l
	if l.expired = l.ExpiresUs <= r.at; !l.expired {
		r.alive.push(l)
	}
	return l
}

// originOf is the grant whose credits a carry-over puts into a lot of their own:
// the entry before took them out of it, and gave the lot its number.
func (r *replay) originOf(e *credits.Entry) int64 {
	out := r.prev
	if out == nil || out.OpSeq != e.OpSeq || e.TransType != credits.TypeCarryOver || e.Lot != out.Seq ||
		out.TransType != credits.TypeCarryOver || out.Credits != -e.Credits || r.lots[out.Lot] == nil {
		return 0
	}
	origin := r.lots[out.Lot]
	return cmp.Or(origin.Origin, origin.Lot.Lot) // of the first grant, through any number of renewals
}

func (r *replay) checkRemainder(e *credits.Entry, l *replayLot) {
	wrong := l.Free < 0 || l.Held < 0 || l.Free+l.Held > l.Granted
	if wrong && !l.outOfRange && !l.ungranted {
		r.reportf(BreachRemainder, e.Seq, "grant %d of %d credits has %d free and %d held",
			l.Lot.Lot, l.Granted, l.Free, l.Held)
	}
	l.outOfRange = wrong
}

// checkBalance compares the running balances on the entry.
func (r *replay) checkBalance(e *credits.Entry) {
	drift, available := e.Balance-r.balance(), e.Available-r.available()
	if drift != 0 && drift != r.drift {
		r.reportf(BreachBalance, e.Seq, "balance is %d, not %d", e.Balance, e.Balance-drift+r.drift)
	}
	if available != 0 && available != r.driftAvailable {
		r.reportf(BreachBalance, e.Seq, "available is %d, not %d", e.Available, e.Available-available+r.driftAvailable)
	}
	r.drift, r.driftAvailable = drift, available
}
