package ledgermodel

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/chameleon-go/chameleon/credits"
)

// Never is the expiry of what does not expire.
const Never = math.MaxInt64

// DebtLot is the lot of what an account owes.
const DebtLot = -1

// Account is one user's ledger.
type Account struct {
	User string
	// AsOf is the time of the latest operation.
	AsOf    int64
	Entries []credits.Entry
	Grants  []*Grant
	Holds   []*Hold
}

// Grant is a lot: what an operation put in, or what it carried over from another
// one. What is left of it is a sum of entries.
type Grant struct {
	Lot     int64
	Key     string
	Given   int64 // by a grant
	Carried int64 // from another lot
	Origin  int64 // the grant that a carried lot's credits come from
	With    int64 // the grant beside which a carried lot came
	Paid    bool
	Expires int64
	Claws   Claws
}

// Claws is what was clawed back: of a grant the totals, and what became debt or
// was let go; of each lot what was taken.
type Claws struct {
	Totals         map[string]int64
	Debt, Forgiven int64
	Taken          int64
	// Held is how much of what is held became debt or was let go already.
	Held int64
}

// Root is the grant that the lot's credits come from.
func (g *Grant) Root() int64 {
	if g.Origin != 0 {
		return g.Origin
	}
	return g.Lot
}

// Hold is a reservation; what is held is a sum of entries.
type Hold struct {
	Seq              int64
	Key              string
	Amount, Captured int64
	Status           credits.HoldStatus
	Due              int64
	Type             string
	Parts            []Part
}

// Part is what a hold or a charge draws on one grant.
type Part struct{ Lot, Amount int64 }

// Remaining is what is still held.
func (h *Hold) Remaining() int64 {
	var sum int64
	for _, p := range h.Parts {
		sum += p.Amount
	}
	return sum
}

// Clone copies the account, so that an operation can be undone.
func (a *Account) Clone() *Account {
	c := *a
	c.Entries = slices.Clone(a.Entries)
	c.Grants = make([]*Grant, len(a.Grants))
	for i, g := range a.Grants {
		copied := *g
		copied.Claws.Totals = maps.Clone(g.Claws.Totals)
		c.Grants[i] = &copied
	}
	c.Holds = make([]*Hold, len(a.Holds))
	for i, h := range a.Holds {
		copied := *h
		copied.Parts = slices.Clone(h.Parts)
		c.Holds[i] = &copied
	}
	return &c
}

// sum adds f up over the entries.
func (a *Account) sum(f func(e *credits.Entry) int64) int64 {
	var sum int64
	for i := range a.Entries {
		sum += f(&a.Entries[i])
	}
	return sum
}

// Left is what is left of a lot, held or free.
func (a *Account) Left(lot int64) int64 {
	return a.sum(func(e *credits.Entry) int64 {
		if e.Lot != lot {
			return 0
		}
		return e.Credits
	})
}

// Held is what is held of a lot.
func (a *Account) Held(lot int64) int64 {
	return a.sum(func(e *credits.Entry) int64 {
		if e.Lot != lot {
			return 0
		}
		return e.Held
	})
}

// Free is what can be spent of a lot.
func (a *Account) Free(lot int64) int64 { return a.Left(lot) - a.Held(lot) }

// BalanceAt is the sum of the entries whose grant has not expired at t.
func (a *Account) BalanceAt(t int64) int64 {
	return a.sum(func(e *credits.Entry) int64 {
		if e.ExpiresUs <= t {
			return 0
		}
		return e.Credits
	})
}

// HeldAt is what is held of grants that have not expired at t.
func (a *Account) HeldAt(t int64) int64 {
	return a.sum(func(e *credits.Entry) int64 {
		if e.ExpiresUs <= t {
			return 0
		}
		return e.Held
	})
}

// Debt is what the account owes.
func (a *Account) Debt() int64 { return -a.Left(DebtLot) }

// Total is what was granted in all.
func (a *Account) Total() int64 {
	var sum int64
	for _, g := range a.Grants {
		sum += g.Given
	}
	return sum
}

// AvailableAt is what could be spent at t.
func (a *Account) AvailableAt(t int64) int64 { return a.BalanceAt(t) - a.HeldAt(t) + a.Debt() }

// ExpiredAt is what is left of grants that have expired at t.
func (a *Account) ExpiredAt(t int64) int64 {
	return a.sum(func(e *credits.Entry) int64 {
		if e.ExpiresUs > t {
			return 0
		}
		return e.Credits
	})
}

// NextExpiry is when something free expires next after t, 0 if nothing is free.
func (a *Account) NextExpiry(t int64) int64 {
	var next int64
	for _, g := range a.Grants {
		if g.Expires > t && a.Free(g.Lot) > 0 && (next == 0 || g.Expires < next) {
			next = g.Expires
		}
	}
	return next
}

// NextEvent is when something happens by itself after AsOf: a grant of which
// something is left expires, or a hold times out. Never if nothing does.
func (a *Account) NextEvent() int64 {
	next := int64(Never)
	for _, g := range a.Grants {
		if g.Expires > a.AsOf && a.Left(g.Lot) > 0 {
			next = min(next, g.Expires)
		}
	}
	for _, h := range a.Holds {
		if h.Status == credits.HoldActive {
			next = min(next, h.Due)
		}
	}
	return next
}

// At is the account at time t: what was, or what will be if nothing happens
// but the clock.
func (a *Account) At(t int64) *credits.BalanceResult {
	then := a.Clone()
	if t >= a.AsOf {
		then.Settle(t)
	} else {
		then.Entries = slices.DeleteFunc(then.Entries, func(e credits.Entry) bool { return e.AtUs > t })
		then.Grants = slices.DeleteFunc(then.Grants, func(g *Grant) bool {
			return !slices.ContainsFunc(then.Entries, func(e credits.Entry) bool { return e.Seq == g.Lot })
		})
	}
	out := &credits.BalanceResult{
		UserUUID: a.User, Available: then.AvailableAt(t), Held: then.HeldAt(t), Debt: then.Debt(),
		Total: then.Total(), Expired: then.ExpiredAt(t), At: time.UnixMicro(t).UTC(),
	}
	if next := then.NextExpiry(t); next != 0 && next != Never {
		out.NextExpiry = time.UnixMicro(next).UTC()
	}
	return out
}

// Settle brings the account to time t: holds whose time has come are released
// at the moment of their timeout, in that order. Time never runs backwards.
func (a *Account) Settle(t int64) {
	if t <= a.AsOf {
		return
	}
	due := slices.DeleteFunc(slices.Clone(a.Holds), func(h *Hold) bool {
		return h.Status != credits.HoldActive || h.Due > t
	})
	slices.SortFunc(due, func(x, y *Hold) int {
		return cmp.Or(cmp.Compare(x.Due, y.Due), cmp.Compare(x.Seq, y.Seq))
	})
	for _, h := range due {
		a.AsOf = max(a.AsOf, h.Due)
		w := a.write(credits.Entry{OpKind: credits.KindTimeout, TargetSeq: h.Seq})
		w.end(h, credits.TypeHoldTimeout, credits.HoldTimedOut)
	}
	a.AsOf = t
}

// burnable lists the grants that can be drawn on, in burn order.
func (a *Account) burnable() []*Grant {
	var out []*Grant
	for _, g := range a.Grants {
		if g.Expires > a.AsOf && a.Free(g.Lot) > 0 {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(x, y *Grant) int {
		return cmp.Or(cmp.Compare(x.Expires, y.Expires), compareBool(x.Paid, y.Paid), cmp.Compare(x.Lot, y.Lot))
	})
	return out
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

func (a *Account) grant(lot int64) *Grant {
	for _, g := range a.Grants {
		if g.Lot == lot {
			return g
		}
	}
	return nil
}

// first is the first entry of the operation under key, nil for none.
func (a *Account) first(key string, kinds ...credits.Kind) *credits.Entry {
	for i := range a.Entries {
		if e := &a.Entries[i]; e.OpKey == key && (len(kinds) == 0 || slices.Contains(kinds, e.OpKind)) {
			return e
		}
	}
	return nil
}

// operation lists the entries of the operation whose first entry is first.
func (a *Account) operation(first *credits.Entry) []credits.Entry {
	var out []credits.Entry
	for _, e := range a.Entries {
		if e.OpSeq == first.OpSeq {
			out = append(out, e)
		}
	}
	return out
}

// writer writes one operation's entries.
type writer struct {
	*Account
	header  credits.Entry
	started int64
}

// write starts an operation. It is for the order and the generation of the one
// that it acts on, unless it names its own.
func (a *Account) write(header credits.Entry) *writer {
	for _, e := range a.Entries {
		if e.Seq == header.TargetSeq {
			header.OrderNo, header.GenID = or(header.OrderNo, e.OrderNo), or(header.GenID, e.GenID)
		}
	}
	return &writer{Account: a, header: header}
}

// post writes one entry.
func (w *writer) post(lot int64, transType string, amount, held int64) {
	e := credits.Entry{
		UserUUID: w.User, TransType: transType, Credits: amount, Held: held, Lot: lot, AtUs: w.AsOf,
		Seq: int64(len(w.Entries)) + 1, ExpiresUs: Never,
		TargetSeq: w.header.TargetSeq, OrderNo: w.header.OrderNo, GenID: w.header.GenID,
	}
	if g := w.grant(lot); g != nil {
		e.ExpiresUs = g.Expires
	}
	if w.started == 0 {
		w.started = e.Seq
		e.OpKey, e.OpKind = w.header.OpKey, w.header.OpKind
	}
	e.OpSeq = w.started
	w.Entries = append(w.Entries, e)
	last := &w.Entries[len(w.Entries)-1]
	last.Balance, last.Available = w.BalanceAt(w.AsOf), w.AvailableAt(w.AsOf)
}

// pay pays debt out of what came into a lot, unless that has expired, and says
// how much.
func (w *writer) pay(lot, incoming int64) int64 {
	pay := min(w.Debt(), incoming)
	if pay == 0 || w.grant(lot).Expires <= w.AsOf {
		return 0
	}
	w.post(lot, credits.TypeDebtPayment, -pay, 0)
	w.post(DebtLot, credits.TypeDebtPayment, pay, 0)
	return pay
}

// takeBack takes of what came into a lot what a claw-back had let go, and says
// how much.
func (w *writer) takeBack(lot, incoming int64) int64 {
	root := w.grant(w.grant(lot).Root())
	taken := min(incoming, root.Claws.Forgiven)
	if taken == 0 {
		return 0
	}
	root.Claws.Forgiven -= taken
	w.grant(lot).Claws.Taken += taken
	w.post(lot, credits.TypeClawBack, -taken, 0)
	return taken
}

// end gives back what a hold still holds.
func (w *writer) end(h *Hold, transType string, status credits.HoldStatus) {
	for _, p := range h.Parts {
		if p.Amount == 0 {
			continue
		}
		w.post(p.Lot, transType, 0, -p.Amount)
		w.takeBack(p.Lot, p.Amount-w.pay(p.Lot, p.Amount))
	}
	h.Parts, h.Status = nil, status
}
