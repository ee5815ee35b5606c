package credits

import (
	"context"
	"slices"
	"time"
)

// lateRows is how long a row of the original may come after its left_credits, or
// the other way round. It writes the two in one request, one after the other.
const lateRows = 10 * time.Minute

// maxSubset bounds the rows of which every combination is tried.
const maxSubset = 12

// explaining returns the rows that add up to how left_credits moved: all of them,
// the oldest ones, or any; nil for none. The others are of writers whose
// left_credits is still to come.
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
	// shown is what that program's left_credits said then, nil if it is not known.
	shown *int64
}

// first reports whether it made up for all that was shown of an account that the
// ledger had no entry of.
func (o *recentOp) first() bool { return o.adopted.Why != AdoptionUnexplained }

// recentOps are an account's latest entries, the oldest first.
type recentOps []recentOp

// maxRecent bounds the entries that are looked at.
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

// classify finds those that wait for the other half of what they are of.
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

// unexplained are the corrections for which no row has come yet.
func (r recentOps) unexplained() []recentOp {
	return slices.DeleteFunc(slices.Clone(r), func(o recentOp) bool {
		if o.adopted == nil {
			return true
		}
		switch o.adopted.Why {
		case AdoptionUnexplained, AdoptionAbove, AdoptionBelow:
			return false
		case AdoptionExpired: // a number that is not the sum of the rows
			return o.adopted.Shown == o.adopted.Rows
		}
		return true
	})
}

// early are the rows that were booked before left_credits moved by them.
func (r recentOps) early() []recentOp {
	return slices.DeleteFunc(slices.Clone(r), func(o recentOp) bool { return o.adopted == nil || !o.adopted.Early })
}

// showed reports whether left_credits said lately that so much can be spent: as it
// was so, or because another program's number, which is not what the account had,
// had overwritten ours. That program goes on from what it reads, so that its next
// number may be computed from that one.
func (r recentOps) showed(left int64) bool {
	return slices.ContainsFunc(r, func(o recentOp) bool {
		return o.Available == left || o.shown != nil && *o.shown == left
	})
}

// unexplained takes left_credits for what it says, until a row says more. But a
// number that was computed before others changed the account, and written after a
// row of the same writer was booked, says nothing new. And where no other program
// has written any of the latest entries, a number alone is not its word: taking it
// would mint what a stray UPDATE says. It stays as it is, for an audit to report;
// what that costs does not grow with history, and a row that comes still counts.
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

// explainLate books rows whose left_credits came first and was taken for a
// correction, which is undone. Others wait for their left_credits.
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

// standsFor returns the rows that a correction stands for, and how much of it. One of
// the first takeover stands for those that make what was shown then the sum of all
// rows, too, and for no others: what else it makes up for is older than they are.
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
	for i := range t.rows { // it was computed before others changed the account
		if recent.showed(o.adopted.Shown - t.rows[i].Credits) {
			return t.rows[i : i+1], o.Credits
		}
	}
	return nil, 0
}

// overwritten books rows that left_credits does not agree with: it was computed
// before something of ours, or of another of its own writers, and has undone that.
// Rows are not overwritten, so that they count. What stood in for them is undone.
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

// settleRows takes over rows whose left_credits will not come any more: others have
// overwritten it. While there are others the account is watched. What the library
// would give, too, is taken over at once, so that it is not given twice.
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

// aged reports whether the number of a row does not come any more.
func (t *takeover) aged(row *foreignRow) bool {
	return t.timeOf(row) <= t.limit-lateRows.Microseconds()
}

// undo takes back what a correction did, as far as amount of it.
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

// restore returns what a correction took to the grants that it took it from. What
// it could not take there, and became debt, is the rest.
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

// lotOf is the grant that a correction made, nil for none.
func (t *takeover) lotOf(ctx context.Context, o *recentOp) (*lot, error) {
	if o.Credits <= 0 || o.Lot != o.Seq {
		return nil, nil
	}
	lots, err := t.book.lotsByID(ctx, t.account, []int64{o.Lot})
	return lots[o.Lot], err
}
