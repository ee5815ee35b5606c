package credits

import (
	"context"
	"slices"
	"time"
)

// lateRows is the longest time between a row of the original and its left_credits, in either
// order. It writes the two in one request, one after the other.
const lateRows = 10 * time.Minute

// maxSubset limits the number of rows whose combinations are all tried.
const maxSubset = 12

// explaining returns the rows that add up to the change of left_credits: all of them, the
// oldest, or any combination; nil for none. The others come from writers whose left_credits
// is still to come.
func explaining(rows []foreignRow, moved int64) []foreignRow {
	var sum int64
	oldest := -1
	for i := range rows {
		if sum += rows[i].Credits; sum == moved {
			oldest = i
		}
	}
	if oldest >= 0 {
		return rows[:oldest+1]
	}
	if len(rows) > maxSubset {
		return nil
	}
	for pick := 1; pick < 1<<len(rows); pick++ {
		var some []foreignRow
		sum = 0
		for i := range rows {
			if pick&(1<<i) != 0 {
				some, sum = append(some, rows[i]), sum+rows[i].Credits
			}
		}
		if sum == moved {
			return some
		}
	}
	return nil
}

// recentOp is an operation of the last minutes, by its first entry.
type recentOp struct {
	Seq, AtUs, Credits, Available, Lot int64
	OpKey                              string `bun:",nullzero"`
	OpKind                             Kind   `bun:",nullzero"`
	OpData                             string `bun:",nullzero"`
	TargetSeq                          int64  `bun:",nullzero"`

	adopted *adoptedData
	// foreign means that another program wrote it.
	foreign bool
	// shown is that program's left_credits at the time, nil if it is not known.
	shown *int64
}

// first reports whether it is the first takeover's correction of an account.
func (o *recentOp) first() bool { return o.adopted.Why != AdoptionUnexplained }

// recentOps are an account's latest entries, the oldest first.
type recentOps []recentOp

// maxRecent limits the entries that are examined.
const maxRecent = 200

func (t *takeover) recent(ctx context.Context) (recentOps, error) {
	var rows recentOps
	err := t.book.db.NewRaw("? ORDER BY seq", t.history("SELECT seq, at_us, credits, available, lot, op_key, op_kind, op_data, "+
		"target_seq FROM credits_trans WHERE user_uuid = ? AND seq > ?", t.UserUUID, t.Seq-maxRecent)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	for _, e := range t.missedEntries(func(*Entry) bool { return true }) {
		rows = append(rows, recentOp{
			Seq: e.Seq, AtUs: e.AtUs, Credits: e.Credits, Available: e.Available, Lot: e.Lot,
			OpKey: e.OpKey, OpKind: e.OpKind, OpData: e.OpData, TargetSeq: e.TargetSeq,
		})
	}
	return rows, t.classify(rows)
}

// classify finds the operations whose other half, row or number, is still to come.
func (t *takeover) classify(rows recentOps) error {
	settled, since := map[int64]bool{}, max(t.at, t.AsOfUs)-lateRows.Microseconds()
	for i := range rows {
		data, err := parseOpData(rows[i].OpData)
		if err != nil {
			return errBroken(t.UserUUID, "op_data is not JSON")
		}
		if data.Adopted != nil && data.Adopted.Why != "" {
			settled[rows[i].TargetSeq] = true
		}
		rows[i].foreign = data.Adopted != nil
		if rows[i].foreign && (data.Adopted.Early || data.Adopted.Assumed || data.Adopted.Why != "") {
			rows[i].shown = &data.Adopted.Shown
		}
		if rows[i].AtUs >= since {
			rows[i].adopted = data.Adopted
		}
	}
	for i := range rows {
		if settled[rows[i].Seq] {
			rows[i].adopted = nil
		}
	}
	return nil
}

// unexplained are the corrections that no row has explained yet.
func (r recentOps) unexplained() []recentOp {
	return slices.DeleteFunc(slices.Clone(r), func(o recentOp) bool {
		if o.adopted == nil {
			return true
		}
		switch o.adopted.Why {
		case AdoptionUnexplained, AdoptionAbove, AdoptionBelow:
			return false
		case AdoptionExpired: // the number is not the sum of the rows
			return o.adopted.Shown == o.adopted.Rows
		}
		return true
	})
}

// early are the rows that were posted before left_credits moved by them.
func (r recentOps) early() []recentOp {
	return slices.DeleteFunc(slices.Clone(r), func(o recentOp) bool { return o.adopted == nil || !o.adopted.Early })
}

// showed reports whether left_credits recently had this value, either because that was the
// balance or because another program's different number had overwritten ours. That program
// continues from what it reads, so its next number may be computed from this one.
func (r recentOps) showed(left int64) bool {
	return slices.ContainsFunc(r, func(o recentOp) bool {
		return o.Available == left || o.shown != nil && *o.shown == left
	})
}

// unexplained accepts the value of left_credits until a row says more, with two exceptions. A
// number that was computed before others changed the account, and written after a row of the
// same writer was posted, says nothing new. And if no other program has written any of the
// latest entries, a number alone proves nothing: accepting it would mint whatever a stray
// UPDATE says. Such a number stays as it is, for an audit to report. The cost of that does
// not grow with history, and a row that comes later still counts.
func (t *takeover) unexplained(ctx context.Context, recent recentOps, moved int64) error {
	if !slices.ContainsFunc(recent, func(o recentOp) bool { return o.foreign }) {
		t.LeftCredits = t.loaded.LeftCredits
		return nil
	}
	if came, err := t.numberCame(ctx, recent); came || err != nil {
		return err
	}
	for _, row := range recent.early() {
		if recent.showed(t.shown - row.Credits) {
			return t.correct(ctx, 0, AdoptionStale, &row)
		}
	}
	t.watch = true
	return t.correct(ctx, moved, AdoptionUnexplained, nil)
}

// explainLate posts rows whose left_credits came first and led to a correction, which is
// undone. Other rows wait for their left_credits.
func (t *takeover) explainLate(ctx context.Context, recent recentOps) error {
	late := recent.unexplained()
	t.watch = len(late) > 0
	for i := range late {
		if rows, amount := t.standsFor(&late[i], recent); rows != nil {
			if err := t.undo(ctx, &late[i], amount); err != nil {
				return err
			}
			return t.bookAll(ctx, rows, false)
		}
	}
	return t.settleRows(ctx)
}

// standsFor returns the rows that a correction anticipated, and which amount of it. A
// correction of the first takeover anticipates only rows with which the sum of all rows is
// what was shown then: anything else in it is older than they are.
func (t *takeover) standsFor(o *recentOp, recent recentOps) ([]foreignRow, int64) {
	amounts := []int64{o.Credits}
	if o.first() {
		amounts = append(amounts, o.adopted.Shown-o.adopted.Rows)
	}
	for _, amount := range amounts {
		if rows := explaining(t.rows, amount); rows != nil {
			return rows, amount
		}
	}
	if o.first() {
		return nil, 0
	}
	for i := range t.rows { // the number was computed before others changed the account
		if recent.showed(o.adopted.Shown - t.rows[i].Credits) {
			return t.rows[i : i+1], o.Credits
		}
	}
	return nil, 0
}

// overwritten posts rows that left_credits does not reflect: it was computed before an
// operation of ours, or of another of its writers, and has undone that. Rows cannot be
// overwritten, so they count, and corrections that anticipated them are undone.
func (t *takeover) overwritten(ctx context.Context, recent recentOps) error {
	if _, err := t.numberCame(ctx, recent); err != nil {
		return err
	}
	var came []foreignRow
	for _, o := range recent.unexplained() {
		rows, amount := t.standsFor(&o, recent)
		if rows == nil {
			continue
		}
		if err := t.undo(ctx, &o, amount); err != nil {
			return err
		}
		came = rows
		break
	}
	for i := range t.rows {
		row := &t.rows[i]
		early := !slices.ContainsFunc(came, func(o foreignRow) bool { return o.ID == row.ID })
		if err := t.bookRow(ctx, row, early); err != nil {
			return err
		}
	}
	return nil
}

// settleRows takes over rows whose left_credits will no longer come, because others have
// overwritten it. While there are other rows, the account is watched. What the library would
// also grant is taken over immediately, so that it is not granted twice.
func (t *takeover) settleRows(ctx context.Context) error {
	var old, given []foreignRow
	for i := range t.rows {
		switch row := &t.rows[i]; {
		case slices.Contains(t.booked, row.ID):
		case t.aged(row):
			old = append(old, *row)
		case t.ownKey(row) != "":
			given = append(given, *row)
		default:
			t.watch = true
		}
	}
	if err := t.bookAll(ctx, old, false); err != nil {
		return err
	}
	return t.bookAll(ctx, given, true)
}

// aged reports whether the number of a row will no longer come.
func (t *takeover) aged(row *foreignRow) bool {
	return t.timeOf(row) <= t.limit-lateRows.Microseconds()
}

// undo reverses up to amount of what a correction did.
func (t *takeover) undo(ctx context.Context, o *recentOp, amount int64) error {
	if amount >= 0 || o.Credits > 0 {
		return t.correct(ctx, -amount, AdoptionLate, o)
	}
	rest, err := t.restore(ctx, o, -amount)
	if err != nil || rest == 0 {
		return err
	}
	return t.correct(ctx, rest, AdoptionLate, o)
}

// restore returns what a correction took to the grants that it came from. The rest is what
// it could not take and became debt.
func (t *takeover) restore(ctx context.Context, o *recentOp, amount int64) (rest int64, err error) {
	a := t.account
	first, err := a.book.operation(ctx, a, o.OpKey, "charge", KindCharge)
	if err != nil {
		return 0, err
	}
	parts, left, err := a.refundable(ctx, first)
	if err != nil || left == 0 {
		return amount, err
	}
	b, err := t.builder(KindRefund, AdoptionLate)
	if err != nil {
		return 0, err
	}
	b.target(first)
	backs, err := a.giveBacks(ctx, b, lastFirst(parts, min(amount, left)), false)
	if err != nil {
		return 0, err
	}
	for _, c := range backs {
		a.post(b, c.lot, TypeAdoption, c.amount, 0)
		c.takeBack(a, b)
		a.payDebt(b, c.lot, c.amount-c.taken)
	}
	t.corrections = append(t.corrections, Correction{Amount: min(amount, left), Reason: AdoptionLate})
	return amount - min(amount, left), nil
}

// lotOf returns the grant that a correction made, nil for none.
func (t *takeover) lotOf(ctx context.Context, o *recentOp) (*lot, error) {
	if o.Credits <= 0 || o.Lot != o.Seq {
		return nil, nil
	}
	lots, err := t.book.lotsByID(ctx, t.account, []int64{o.Lot})
	return lots[o.Lot], err
}
