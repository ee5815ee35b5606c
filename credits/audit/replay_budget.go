package audit

import (
	"maps"
	"slices"

	"github.com/chameleon-go/chameleon/credits"
)

// replayBudget is what operations have counted against a budget.
type replayBudget struct {
	day, month                       string
	spentDay, spentMonth, spentInAll int64
	// seen means that credits_budgets has a row of it.
	seen bool
}

// countedIn is op_data's word for a budget that a charge counted against, or that a
// refund gave back to, with the day and the month of the charge.
type countedIn struct {
	Name  string `json:"name"`
	Day   string `json:"day"`
	Month string `json:"month"`
}

// moveBudgets books an entry on the budgets that its operation names.
func (r *replay) moveBudgets(e *credits.Entry) {
	for _, in := range r.op.data.Budgets {
		b := r.budgets[in.Name]
		if b == nil {
			b = &replayBudget{}
			r.budgets[in.Name] = b
		}
		switch {
		case r.op.spends(e):
			b.count(in, -e.Credits)
		case r.op.kind == credits.KindRefund && e.Credits > 0 && e.TransType != credits.TypeDebtPayment:
			b.uncount(in, e.Credits)
		}
	}
}

// spends reports whether an entry is of what the operation charges, rather than of
// what goes back with it.
func (o *replayOp) spends(e *credits.Entry) bool {
	return e.Credits < 0 && (o.kind == credits.KindCharge || o.kind == credits.KindCapture && e.Held == e.Credits)
}

// count adds what was spent in a day and a month, which begin with their first charge.
func (b *replayBudget) count(in countedIn, amount int64) {
	if b.day != in.Day {
		b.day, b.spentDay = in.Day, 0
	}
	if b.month != in.Month {
		b.month, b.spentMonth = in.Month, 0
	}
	b.spentDay += amount
	b.spentMonth += amount
	b.spentInAll += amount
}

// uncount takes out what was refunded: of the day and the month only while they last.
func (b *replayBudget) uncount(in countedIn, amount int64) {
	if b.day == in.Day {
		b.spentDay = max(b.spentDay-amount, 0)
	}
	if b.month == in.Month {
		b.spentMonth = max(b.spentMonth-amount, 0)
	}
	b.spentInAll -= amount
}

// mostOf is what a period's counter may be at most: nothing in another period than
// that of the latest charge, which a change of the budget has begun.
func mostOf(stored, latest string, spent int64) int64 {
	if stored != latest {
		return 0
	}
	return spent
}

// budget compares a row of credits_budgets: what was spent in all is what history says.
// A day and a month may hold less than that, since a zone that is changed begins them
// anew, and that is not in history; they never hold more.
func (c *comparison) budget(stored *credits.Budget) error {
	b := c.replay.budgets[stored.Name]
	if b == nil {
		b = &replayBudget{}
	}
	b.seen = true
	for _, counter := range []struct {
		column       string
		stored, most int64
		exact        bool
	}{
		{"spent_in_all", stored.SpentInAll, b.spentInAll, true},
		{"spent_day", stored.SpentDay, mostOf(stored.Day, b.day, b.spentDay), false},
		{"spent_month", stored.SpentMonth, mostOf(stored.Month, b.month, b.spentMonth), false},
	} {
		if counter.stored == counter.most || !counter.exact && counter.stored >= 0 && counter.stored < counter.most {
			continue
		}
		d := difference{BreachBudget, "credits_budgets", stored.ID, counter.column, counter.stored, counter.most, stored.Name}
		if err := c.differs(d); err != nil {
			return err
		}
	}
	return nil
}

// missingBudgets tells of budgets that history has counted against and that are gone.
func (r *replay) missingBudgets() {
	for _, name := range slices.Sorted(maps.Keys(r.budgets)) {
		if !r.budgets[name].seen {
			r.reportf(BreachBudget, 0, "credits_budgets has no row of budget %q, history has counted against it", name)
		}
	}
}
