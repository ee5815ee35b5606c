package audit

import (
	"fmt"
	"slices"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// difference is a stored value that is not what history says.
type difference struct {
	kind   BreachKind
	table  string
	id     int64  // the lot, the hold or the budget's row, 0 for the account
	column string // empty for a whole row
	stored any
	wanted any
	budget string // the budget's name
}

// rowMissing and rowPresent stand for a whole row in a difference.
const (
	rowMissing = "no row"
	rowPresent = "a row"
)

func (d difference) String() string {
	if d.column == "" {
		return fmt.Sprintf("%s has %v, history has %v", d.table, d.stored, d.wanted)
	}
	if d.budget != "" {
		return fmt.Sprintf("%s of budget %q is %v, history says %v", d.column, d.budget, d.stored, d.wanted)
	}
	return fmt.Sprintf("%s is %v, history says %v", d.column, d.stored, d.wanted)
}

func (d difference) report(r *replay) {
	if d.budget != "" {
		d.id = 0 // of no entry
	}
	r.reportf(d.kind, d.id, "%s", d)
}

// comparison holds stored state against a settled replay.
type comparison struct {
	replay *replay
	row    *credits.Account
	// legacy leaves left_credits and total_credits out.
	legacy bool
	// archived is the latest entry that the archive has of the account.
	archived int64
	differs  func(difference) error
	// open is the lot whose free credits stand on the account's row; accounts
	// are compared first, and set it.
	open int64
}

// value is a column's value as it is stored and as history says.
type value struct {
	kind           BreachKind
	column         string
	stored, wanted any
}

// values compares columns of a row: id is the lot's or the hold's, 0 for the
// account's.
func (c *comparison) values(table string, id int64, values ...value) error {
	for _, v := range values {
		if v.stored == v.wanted {
			continue
		}
		if err := c.differs(difference{v.kind, table, id, v.column, v.stored, v.wanted, ""}); err != nil {
			return err
		}
	}
	return nil
}

// account compares the account's row.
func (c *comparison) account() error {
	c.replay.mark = c.row.LowMark
	row, want := c.row, c.replay.account()
	c.chooseOpen(&want)
	values := []value{
		{BreachSequence, "seq", row.Seq, want.Seq},
		{BreachAccount, "balance", row.Balance, want.Balance},
		{BreachAccount, "held_credits", row.HeldCredits, want.HeldCredits},
		{BreachAccount, "debt_credits", row.DebtCredits, want.DebtCredits},
		{BreachAccount, "expired_credits", row.ExpiredCredits, want.ExpiredCredits},
		{BreachAccount, "active_holds", row.ActiveHolds, want.ActiveHolds},
		{BreachAccount, "as_of_us", row.AsOfUs, want.AsOfUs},
		{BreachOpenLot, "open_lot", row.OpenLot, want.OpenLot},
		{BreachAccount, "open_left", row.OpenLeft, want.OpenLeft},
		{BreachAccount, "open_expires_us", row.OpenExpiresUs, want.OpenExpiresUs},
	}
	if !c.legacy {
		values = append(values,
			value{BreachAccount, "left_credits", row.LeftCredits, want.LeftCredits},
			value{BreachAccount, "total_credits", row.TotalCredits, want.TotalCredits})
	}
	values = append(values, value{BreachChain, "head_hash", row.HeadHash, want.HeadHash})
	if row.ArchivedSeq < c.archived { // or verbs would not look for keys there
		values = append(values, value{BreachAccount, "archived_seq", row.ArchivedSeq, c.archived})
	}
	if err := c.values("credits", 0, values...); err != nil {
		return err
	}
	return c.nextEvent(&want)
}

// nextEvent may be early, which costs a look at the lots and no more, but not
// late. 0 means that the ledger has nothing there, and no sweep looks.
func (c *comparison) nextEvent(want *credits.Account) error {
	stored := c.row.NextEventUs
	if stored > want.NextEventUs || stored == 0 && want.NextEventUs != column.Never {
		return c.values("credits", 0, value{BreachNextEvent, "next_event_us", stored, want.NextEventUs})
	}
	return nil
}

// chooseOpen settles which lot is open. That is the one that burns next, but
// one that the latest charge used up may stand there until the next operation;
// want is then changed to say so. A wrong lot that does hold what the row says
// is taken as open, so that only that is reported.
func (c *comparison) chooseOpen(want *credits.Account) {
	row := c.row
	c.open = want.OpenLot
	l := c.replay.lots[row.OpenLot]
	if l == nil || row.OpenLot == want.OpenLot {
		return
	}
	if c.replay.openPart(l) == row.OpenLeft {
		c.open = row.OpenLot
	}
	if l.Free == 0 && row.OpenLeft == 0 {
		want.OpenLot, want.OpenLeft, want.OpenExpiresUs = row.OpenLot, 0, l.ExpiresUs
	}
}

// lot compares a row of credits_lots.
func (c *comparison) lot(stored *credits.Lot) error {
	l := c.replay.lots[stored.Lot]
	if l == nil || l.ungranted {
		return c.differs(difference{BreachLot, "credits_lots", stored.Lot, "", rowPresent, rowMissing, ""})
	}
	l.seen = true
	want := l.row(c.replay.openOf(stored.Lot, c.open))
	if stored.Lot == c.open && !l.expired && l.Free+l.Held == 0 {
		want.Live = stored.Live // used up by the latest charge, which did not touch this row
	}
	return c.values("credits_lots", stored.Lot,
		value{BreachLot, "granted", stored.Granted, want.Granted},
		value{BreachLot, "free", stored.Free, want.Free},
		value{BreachLot, "held", stored.Held, want.Held},
		value{BreachLot, "paid", stored.Paid, want.Paid},
		value{BreachLot, "live", stored.Live, want.Live},
		value{BreachLot, "expires_us", stored.ExpiresUs, want.ExpiresUs},
		value{BreachLot, "created_us", stored.CreatedUs, want.CreatedUs},
		value{BreachLot, "origin", stored.Origin, want.Origin},
		value{BreachLot, "claws", stored.Claws, want.Claws},
	)
}

// missingLots reports grants that have no row.
func (c *comparison) missingLots() error {
	return missing(c, BreachLot, "credits_lots", c.replay.lots, func(l *replayLot) bool { return !l.seen && !l.ungranted })
}

// hold compares a row of credits_holds.
func (c *comparison) hold(stored *credits.HoldRecord) error {
	h := c.replay.holds[stored.HoldSeq]
	if h == nil {
		return c.differs(difference{BreachHold, "credits_holds", stored.HoldSeq, "", rowPresent, rowMissing, ""})
	}
	h.seen = true
	want, err := h.row()
	if err != nil {
		return err
	}
	return c.values("credits_holds", stored.HoldSeq,
		value{BreachHold, "hold_key", stored.HoldKey, want.HoldKey},
		value{BreachHold, "amount", stored.Amount, want.Amount},
		value{BreachHold, "captured", stored.Captured, want.Captured},
		value{BreachHold, "remaining", stored.Remaining, want.Remaining},
		value{BreachHold, "status", stored.Status, want.Status},
		value{BreachHold, "due_us", stored.DueUs, want.DueUs},
		value{BreachHold, "created_us", stored.CreatedUs, want.CreatedUs},
		value{BreachHold, "trans_type", stored.TransType, want.TransType},
		value{BreachHold, "allocations", stored.Allocations, want.Allocations},
	)
}

// missingHolds reports holds that have no row.
func (c *comparison) missingHolds() error {
	return missing(c, BreachHold, "credits_holds", c.replay.holds, func(h *replayHold) bool { return !h.seen })
}

// missing reports what history has and a table has not.
func missing[V any](c *comparison, kind BreachKind, table string, all map[int64]V, lacks func(V) bool) error {
	for _, id := range sortedKeys(all) {
		if !lacks(all[id]) {
			continue
		}
		if err := c.differs(difference{kind, table, id, "", rowMissing, rowPresent, ""}); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](m map[int64]V) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
