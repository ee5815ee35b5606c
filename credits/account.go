package credits

import (
	"cmp"
	"context"
	"slices"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/events"
)

// account is one user's ledger inside a book: the locked row and the lots and
// holds that were read so far, changed in memory until the book is flushed.
type account struct {
	Account
	book *book
	// loaded is the row as it was when it was locked; virtual accounts have none.
	loaded  Account
	virtual bool

	lots map[int64]*lot
	// queue holds the lots with something free, in burn order. Lots that are
	// only in the database come after frontier; complete means there are none.
	queue    []*lot
	frontier burnRank
	complete bool

	holds map[int64]*hold
	// behind means that plain reads may be older than the locked row; missed
	// are the entries that they do not show. See lookBehind.
	behind bool
	missed []Entry
	// ahead means that everything that falls due is in memory.
	ahead bool
	// watch means that a row of another program may still come; see adopt_take.go.
	watch bool
	// founded means that the account has had no row until now.
	founded bool
	// seen is the state that events have reported, and events are still to be written.
	// While it is quiet, several operations count as one for events.
	seen   sight
	quiet  bool
	events []*events.Record
	// budgets are those that were read, by name; spending are those to be written.
	budgets  map[string]*Budget
	spending map[string]bool
	// entries are to be written; ops are those posted in this book, by key.
	entries []*Entry
	ops     map[string]*Operation
}

// lot is a lot in memory. While it is here its Free is the true number, open
// or not.
type lot struct {
	Lot
	saved  Lot
	fresh  bool
	queued bool
}

// burnRank orders lots: soonest expiry, then free before paid, then oldest.
// An account's time never runs backwards, so the lower number is the older.
type burnRank struct {
	expires int64
	paid    bool
	lot     int64
}

func (l *lot) rank() burnRank { return burnRank{l.ExpiresUs, l.Paid, l.Lot.Lot} }

func (r burnRank) compare(o burnRank) int {
	switch {
	case r.expires != o.expires:
		return cmp.Compare(r.expires, o.expires)
	case r.paid != o.paid:
		if o.paid {
			return -1
		}
		return 1
	default:
		return cmp.Compare(r.lot, o.lot)
	}
}

// available is what can be spent, exact at AsOfUs.
func (a *account) available() int64 { return a.Balance - a.HeldCredits + a.DebtCredits }

// expired reports whether the account's time has reached the lot's expiry.
func (a *account) expired(l *lot) bool { return l.ExpiresUs <= a.AsOfUs }

// adopt adds a lot that was read from the database, or returns the one in memory.
func (a *account) adopt(row Lot) *lot {
	if known, ok := a.lots[row.Lot]; ok {
		return known
	}
	l := &lot{Lot: row, saved: row}
	if row.Lot == a.OpenLot {
		l.Free += a.OpenLeft
		l.Live = row.Live && (l.Free > 0 || l.Held > 0)
	}
	a.lots[row.Lot] = l
	a.enqueue(l)
	return l
}

// enqueue keeps the queue in burn order.
func (a *account) enqueue(l *lot) {
	if l.queued || l.Free == 0 || !l.Live {
		return
	}
	at, _ := slices.BinarySearchFunc(a.queue, l, func(x, y *lot) int { return x.rank().compare(y.rank()) })
	a.queue = slices.Insert(a.queue, at, l)
	l.queued = true
}

// next returns the lot that burns next, nil for none.
func (a *account) next(ctx context.Context) (*lot, error) {
	for {
		for len(a.queue) > 0 && (a.queue[0].Free == 0 || !a.queue[0].Live) {
			a.queue[0].queued = false
			a.queue = a.queue[1:]
		}
		if len(a.queue) > 0 && (a.complete || a.queue[0].rank().compare(a.frontier) <= 0) {
			return a.queue[0], nil
		}
		if a.complete {
			return nil, nil
		}
		if err := a.book.fetchLots(ctx, a); err != nil {
			return nil, err
		}
	}
}

// portion is the part of an amount that comes from one lot.
type portion struct {
	lot    *lot
	amount int64
}

// plan splits amount over the account's lots in burn order without changing
// them yet.
//
// Returns an *InsufficientError when they do not hold enough.
func (a *account) plan(ctx context.Context, amount int64) ([]portion, error) {
	if have := a.available(); have < amount {
		return nil, &InsufficientError{UserUUID: a.UserUUID, Need: amount, Have: have}
	}
	var portions []portion
	for left := amount; left > 0; {
		l, err := a.next(ctx)
		if err != nil {
			return nil, err
		}
		if l == nil {
			return nil, errBroken(a.UserUUID, "the grants hold less than the account's balance")
		}
		take := min(left, l.Free)
		portions = append(portions, portion{l, take})
		left -= take
		// Set aside while planning; the caller posts or restores.
		l.Free -= take
	}
	for _, p := range portions {
		p.lot.Free += p.amount
		a.enqueue(p.lot)
	}
	return portions, nil
}

// post writes one entry: credits and held are added to the lot.
func (a *account) post(b *builder, l *lot, transType string, credits, held int64) {
	if l.Lot.Lot == column.DebtLot {
		a.Balance += credits
		a.DebtCredits -= credits
	} else {
		a.move(l, credits, held)
	}
	a.append(b, l, transType, credits, held)
}

// move changes a lot and the sums that depend on it.
func (a *account) move(l *lot, credits, held int64) {
	l.Free += credits - held
	l.Held += held
	if a.expired(l) {
		// The account's sums no longer include this lot, except as expired.
		a.ExpiredCredits += credits
		l.Live = false
		return
	}
	a.Balance += credits
	a.HeldCredits += held
	a.LeftCredits += credits - held
	l.Live = l.Free > 0 || l.Held > 0
	if l.Live {
		// A later operation of the same book may pass the lot's expiry.
		a.NextEventUs = min(a.NextEventUs, l.ExpiresUs)
	}
	a.enqueue(l)
}

// append numbers, chains and collects the entry.
func (a *account) append(b *builder, l *lot, transType string, credits, held int64) {
	a.Seq++
	e := &Entry{
		UserUUID: a.UserUUID, TransType: transType, Credits: credits, Held: held,
		Seq: a.Seq, Lot: l.Lot.Lot, AtUs: a.AsOfUs, ExpiresUs: l.ExpiresUs,
		ExpiredAt: column.ExpiryText(l.ExpiresUs), CreatedAt: column.Time(a.AsOfUs),
		Balance: a.Balance, Available: a.available(),
	}
	b.stamp(e)
	e.Hash = e.ChainHash(a.HeadHash)
	a.HeadHash = e.Hash
	a.entries = append(a.entries, e)
}

// grant creates a new lot, whose number is that of its first entry.
func (a *account) grant(b *builder, transType string, amount, expiresUs int64, paid bool) *lot {
	l := &lot{fresh: true}
	l.Lot = Lot{
		UserUUID: a.UserUUID, Lot: a.Seq + 1, Granted: amount, Paid: paid,
		ExpiresUs: expiresUs, CreatedUs: a.AsOfUs, Live: true,
	}
	a.lots[l.Lot.Lot] = l
	a.TotalCredits = column.Earned(a.TotalCredits, amount)
	a.post(b, l, transType, amount, 0)
	return l
}

// payDebt pays the account's debt from credits that were just added to a lot.
func (a *account) payDebt(b *builder, l *lot, incoming int64) {
	if a.expired(l) {
		return
	}
	pay := min(a.DebtCredits, incoming)
	if pay == 0 {
		return
	}
	a.post(b, l, TypeDebtPayment, -pay, 0)
	a.post(b, a.debt(), TypeDebtPayment, pay, 0)
}

// debt represents the lot of the debt, which has no row: the account has the sum.
func (a *account) debt() *lot {
	return &lot{Lot: Lot{UserUUID: a.UserUUID, Lot: column.DebtLot, ExpiresUs: column.Never}}
}
