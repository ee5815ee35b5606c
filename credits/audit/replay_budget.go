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
// Another zone's may be earlier; then the latest go on.
func (b *replayBudget) count(in countedIn, amount int64) {
	if b.day < in.Day {
		b.day, b.spentDay = in.Day, 0
	}
	if b.month < in.Month {
		b.month, b.spentMonth = in.Month, 0
	}
	b.spentDay += amount
	b.spentMonth += amount
	b.spentInAll += amount
}

// uncount takes out what was refunded: of the day and the month only while they last.
func (b *replayBudget) uncount(in countedIn, amount int64) {
	if b.day == in.Day {
		b.spentDay -= amount
	}
	if b.month == in.Month {
		b.spentMonth -= amount
	}
	b.spentInAll -= amount
}

// budget compares a row of credits_budgets.
func (c *comparison) budget(stored *credits.Budget) error {
	b := c.replay.budgets[stored.Name]
	if b == nil {
		b = &replayBudget{}
	}
	b.seen = true
	if err := c.budgetValue(stored, "spent_in_all", stored.SpentInAll, b.spentInAll); err != nil {
		return err
	}
	if err := c.period(stored, "day", stored.Day, b.day, stored.SpentDay, b.spentDay); err != nil {
		return err
	}
	return c.period(stored, "month", stored.Month, b.month, stored.SpentMonth, b.spentMonth)
}

// period compares a row's day or month, and what was spent in it. SetBudget begins those
// of its time, with nothing spent; so what is later than the latest charge's is empty, and
// nothing is earlier.
func (c *comparison) period(row *credits.Budget, column, stored, latest string, spent, counted int64) error {
	switch {
	case stored > latest:
		counted = 0
	case stored < latest:
		if err := c.budgetValue(row, column, stored, latest); err != nil {
			return err
		}
	}
	return c.budgetValue(row, "spent_"+column, spent, counted)
}

func (c *comparison) budgetValue(row *credits.Budget, column string, stored, wanted any) error {
	if stored == wanted {
		return nil
	}
	return c.differs(difference{BreachBudget, "credits_budgets", row.ID, column, stored, wanted, row.Name})
}

// missingBudgets tells of budgets that history has counted against and that are gone.
func (r *replay) missingBudgets() {
	for _, name := range slices.Sorted(maps.Keys(r.budgets)) {
		if !r.budgets[name].seen {
			r.reportf(BreachBudget, 0, "credits_budgets has no row of budget %q, history has counted against it", name)
		}
	}
}
