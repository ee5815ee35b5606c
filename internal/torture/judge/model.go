package judge

import (
	"cmp"
	"slices"
)

// lot is what is left of a grant.
type lot struct {
	seq, granted, free, held, expires int64
	paid                              bool
}

// reservation is a hold: what it still holds of each lot.
type reservation struct {
	parts map[int64]int64
	due   int64 // when it times out
	ended bool
}

// operation is an account's operation, in its place.
type operation struct {
	key, kind, orderNo, genID string
	seq, at, target           int64
	entries                   []entry
	// amount is what it moved: the sum of its credits, or of what it held.
	amount int64
	// after is what is free and held once it has happened.
	after snapshot
}

// snapshot is what of an account could be spent, by expiry.
type snapshot struct {
	lots  []lot // those with something free
	holds []reservation
	alive map[int64]int64 // the expiries of lots that holds stand on
	debt  int64
	// forgave says that a claw-back let something go: what comes back to its
	// grant is taken back then.
	forgave bool
	at      int64
}

// book is the plain model of one account: what its entries add up to.
type book struct {
	findings *findings
	broken   bool // something was found: what follows is its consequence

	user    string
	lots    map[int64]*lot
	holds   map[int64]*reservation
	spent   map[int64]map[int64]int64 // by charge and lot: what can be given back
	clawed  map[int64]int64           // by grant: what was taken back of it
	debt    int64
	forgave bool
	total   int64
	at      int64
	ops     []operation
	byKey   map[string]int
	seq     int64
	balance int64
}

// addf notes the first thing that does not fit. What comes after it does not
// either.
func (b *book) addf(rule, format string, args ...any) {
	if !b.broken {
		b.broken = true
		b.findings.addf(rule, format, args...)
	}
}

// tell performs an account's history on the model and notes what the ledger
// could not have done.
//
// How long a hold lasts, and whether a capture keeps it, is not in the entries. It
// is what the client asked for.
func tell(f *findings, user string, entries []entry, holds []holdRow, wishes map[ref]wish) *book {
	b := &book{
		findings: f, user: user, lots: map[int64]*lot{}, holds: map[int64]*reservation{},
		spent: map[int64]map[int64]int64{}, clawed: map[int64]int64{}, byKey: map[string]int{},
	}
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && entries[end].OpSeq == entries[start].OpSeq {
			end++
		}
		b.perform(entries[start:end], wishes[ref{user, entries[start].Key}])
		start = end
	}
	for _, h := range holds {
		model := b.holds[h.Seq]
		if model == nil || model.ended == (h.Status == "active") || !model.ended && model.due != h.Due {
			b.addf("a hold's row fits its entries", "%s: hold %d is %s, due at %d; the entries say %+v", user, h.Seq, h.Status, h.Due, model)
		}
	}
	return b
}

// perform is one operation.
func (b *book) perform(entries []entry, asked wish) {
	first := entries[0]
	op := operation{
		key: first.Key, kind: first.Kind, orderNo: first.OrderNo, genID: first.GenID, seq: first.OpSeq, at: first.At,
		target: first.Target, entries: entries,
	}
	if first.OpSeq != first.Seq {
		b.addf("entries are whole operations", "%s: entry %d is of operation %d, which does not start there", b.user, first.Seq, first.OpSeq)
	}
	if op.at < b.at {
		b.addf("time does not run backwards", "%s: entry %d at %d after %d", b.user, first.Seq, op.at, b.at)
	}
	b.at = op.at
	order := b.burnOrder(op.at)
	b.judgeDraw(&op, order)
	for _, e := range entries {
		b.apply(op, e)
	}
	b.judgeTarget(&op, asked)
	op.after = b.snapshot(op.at)
	if _, twice := b.byKey[op.key]; twice {
		b.addf("one operation for each key", "%s: key %q", b.user, op.key)
	}
	if op.key != "" { // a timeout has none
		b.byKey[op.key] = len(b.ops)
	}
	b.ops = append(b.ops, op)
}

// burnOrder is in what order lots are spent: what expires first, free before
// paid, the oldest.
func (b *book) burnOrder(at int64) []lot {
	var order []lot
	for _, l := range b.lots {
		if l.free > 0 && l.expires > at {
			order = append(order, *l)
		}
	}
	slices.SortFunc(order, func(x, y lot) int {
		paid := func(l lot) int {
			if l.paid {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(x.expires, y.expires), cmp.Compare(paid(x), paid(y)), cmp.Compare(x.seq, y.seq))
	})
	return order
}

// judgeDraw checks that a charge or a hold took what it had to, and no more.
func (b *book) judgeDraw(op *operation, order []lot) {
	if op.kind != "charge" && op.kind != "hold" {
		return
	}
	for i, e := range op.entries {
		take := -e.Credits
		if op.kind == "hold" {
			take = e.Held
		}
		op.amount += take
		last := i == len(op.entries)-1
		if b.broken {
			continue
		}
		if i >= len(order) || order[i].seq != e.Lot || take > order[i].free || !last && take != order[i].free || take <= 0 {
			b.addf("credits are spent in the burn order", "%s: entry %d (%s of %d) draws on lot %d, before it the lots were %v",
				b.user, e.Seq, op.kind, take, e.Lot, order)
		}
	}
}

// apply is one entry.
func (b *book) apply(op operation, e entry) {
	if e.Seq != b.seq+1 {
		b.addf("no entry is missing", "%s: entry %d follows %d", b.user, e.Seq, b.seq)
	}
	b.seq = e.Seq
	b.balance += e.Credits
	switch l := b.lots[e.Lot]; {
	case e.Lot == -1:
		b.debt -= e.Credits
	case l != nil:
		l.free += e.Credits - e.Held
		l.held += e.Held
		b.judgeLot(l, e)
	case e.Type == "carry_over" && e.Credits > 0 && e.Lot == e.Seq-1: // the entry that took them out gave the number
		b.lots[e.Lot] = &lot{seq: e.Lot, granted: e.Credits, free: e.Credits, expires: e.Expires, paid: op.kind == "paid_grant"}
	case e.Lot == e.Seq && (op.kind == "grant" || op.kind == "paid_grant"):
		b.lots[e.Lot] = &lot{seq: e.Seq, granted: e.Credits, free: e.Credits, expires: e.Expires, paid: op.kind == "paid_grant"}
		b.total += e.Credits
	default:
		b.addf("an entry belongs to a grant", "%s: entry %d is of lot %d, which nobody granted", b.user, e.Seq, e.Lot)
		return
	}
	if balance, available := b.sums(op.at); balance != e.Balance || available != e.Available() || b.debt < 0 {
		b.addf("running sums are what the entries add up to", "%s: entry %d (%s) says balance %d and available %d; they are %d and %d, debt %d",
			b.user, e.Seq, op.kind, e.Balance, e.Available(), balance, available, b.debt)
	}
}

// Available is what could be spent after the entry.
func (e entry) Available() int64 { return e.Avail }

func (b *book) judgeLot(l *lot, e entry) {
	if l.free < 0 || l.held < 0 || l.free+l.held > l.granted {
		b.addf("nothing is spent twice or given back twice", "%s: after entry %d lot %d has %d free and %d held of %d",
			b.user, e.Seq, l.seq, l.free, l.held, l.granted)
	}
	if e.Expires != l.expires {
		b.addf("an entry carries its grant's expiry", "%s: entry %d", b.user, e.Seq)
	}
}

// sums are the balance and what can be spent, at a moment.
func (b *book) sums(at int64) (balance, available int64) {
	for _, l := range b.lots {
		if l.expires > at {
			balance += l.free + l.held
			available += l.free
		}
	}
	return balance - b.debt, available
}

// judgeTarget checks what acts on an earlier operation.
func (b *book) judgeTarget(op *operation, asked wish) {
	switch op.kind {
	case "charge":
		b.spent[op.seq] = drawn(op.entries)
	case "hold":
		parts := map[int64]int64{}
		for _, e := range op.entries {
			parts[e.Lot] += e.Held
		}
		b.holds[op.seq] = &reservation{parts: parts, due: op.at + asked.timeout}
	case "extend":
		if h := b.holds[op.target]; h != nil {
			h.due = max(h.due, op.at+asked.timeout)
		}
	case "refund":
		charge := b.spent[op.target]
		for _, e := range op.entries {
			if e.Type == "debt_payment" || e.Credits < 0 {
				continue // it pays what is owed, or what a claw-back had let go
			}
			op.amount += e.Credits
			if charge[e.Lot] < e.Credits { // nothing of a charge that is not there
				b.addf("a refund gives back what was charged, once", "%s: entry %d gives lot %d back more than charge %d took",
					b.user, e.Seq, e.Lot, op.target)
				return
			}
			charge[e.Lot] -= e.Credits
		}
	case "capture", "release", "timeout":
		b.endHold(op, asked.keep)
	case "claw_back", "void":
		b.forgave = b.forgave || asked.forgive
		for _, e := range op.entries {
			b.clawed[op.target] -= e.Credits
			op.amount -= e.Credits
		}
	case "grant", "paid_grant":
		op.amount = op.entries[0].Credits
	}
}

func drawn(entries []entry) map[int64]int64 {
	parts := map[int64]int64{}
	for _, e := range entries {
		parts[e.Lot] -= e.Credits
	}
	return parts
}

// endHold checks what is captured, released or timed out against what was held.
// A capture that keeps the hold ends it only if it leaves nothing.
func (b *book) endHold(op *operation, keep bool) {
	h := b.holds[op.target]
	if h == nil || h.ended {
		b.addf("a hold ends once", "%s: operation %d (%s) acts on hold %d", b.user, op.seq, op.kind, op.target)
		return
	}
	captured := map[int64]int64{}
	left := int64(0)
	for _, e := range op.entries {
		h.parts[e.Lot] += e.Held
		if e.Held != 0 && h.parts[e.Lot] < 0 {
			b.addf("a hold gives what it holds", "%s: entry %d takes lot %d below nothing in hold %d", b.user, e.Seq, e.Lot, op.target)
		}
		if e.Credits < 0 && e.Held < 0 && e.Type != "claw_back" {
			captured[e.Lot] -= e.Credits
			op.amount -= e.Credits
		}
	}
	for _, part := range h.parts {
		left += part
	}
	h.ended = !keep || left == 0
	if left != 0 && !keep {
		b.addf("a hold ends once", "%s: operation %d (%s) leaves %d in hold %d", b.user, op.seq, op.kind, left, op.target)
	}
	b.spent[op.seq] = captured
}

// snapshot is what can be spent from here on.
func (b *book) snapshot(at int64) snapshot {
	s := snapshot{debt: b.debt, forgave: b.forgave, at: at, alive: map[int64]int64{}}
	for _, l := range b.lots {
		if l.free > 0 {
			s.lots = append(s.lots, *l)
		}
	}
	for _, h := range b.holds {
		if h.ended {
			continue
		}
		parts := map[int64]int64{}
		for lot, n := range h.parts {
			parts[lot] = n
			if l := b.lots[lot]; l != nil { // a finding otherwise
				s.alive[lot] = l.expires
			}
		}
		s.holds = append(s.holds, reservation{parts: parts, due: h.due})
	}
	return s
}
