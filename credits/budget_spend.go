package credits

import "context"

// counted is a budget that a charge counted against, stored with the charge: a refund gives
// back to the day and month only while they are those in which it was counted.
type counted struct {
	Name  string `json:"name"`
	Day   string `json:"day"`
	Month string `json:"month"`
}

// loadBudgets reads budgets of the account into memory. Missing ones are skipped.
func (a *account) loadBudgets(ctx context.Context, names []string) error {
	var missing []string
	for _, name := range names {
		if a.budgets[name] == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 || a.virtual {
		return nil
	}
	found, err := a.book.readBudgets(ctx, a, missing)
	if err != nil {
		return err
	}
	if a.budgets == nil {
		a.budgets = map[string]*Budget{}
	}
	for i := range found {
		a.budgets[found[i].Name] = &found[i]
	}
	return nil
}

// within checks that a charge fits in the budgets that it names, and returns how it is
// counted. It changes nothing.
func (a *account) within(ctx context.Context, names []string, amount int64) ([]counted, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if err := a.loadBudgets(ctx, names); err != nil {
		return nil, err
	}
	out := make([]counted, 0, len(names))
	for _, name := range names {
		b := a.budgets[name]
		if b == nil {
			return nil, noBudget(a.UserUUID, name)
		}
		now := *b
		day, month, err := now.place(a.AsOfUs)
		if err != nil {
			return nil, err
		}
		now.turn(day, month)
		if err := now.over(amount); err != nil {
			return nil, err
		}
		out = append(out, counted{name, now.Day, now.Month})
	}
	return out, nil
}

// count adds a charge to the budgets that it was checked against.
func (a *account) count(in []counted, amount int64) {
	for _, c := range in {
		b := a.budgets[c.Name]
		b.turn(c.Day, c.Month)
		b.SpentDay += amount
		b.SpentMonth += amount
		b.SpentInAll += amount
		a.counts(c.Name)
	}
}

// uncount removes what was refunded of a charge from its budgets; from the day and the month
// only while they are those in which it was counted.
func (a *account) uncount(in []counted, amount int64) {
	for _, c := range in {
		b := a.budgets[c.Name]
		if b == nil {
			continue
		}
		if b.Day == c.Day {
			b.SpentDay = max(b.SpentDay-amount, 0)
		}
		if b.Month == c.Month {
			b.SpentMonth = max(b.SpentMonth-amount, 0)
		}
		b.SpentInAll = max(b.SpentInAll-amount, 0)
		a.counts(c.Name)
	}
}

// counts marks a budget as to be written.
func (a *account) counts(name string) {
	if a.spending == nil {
		a.spending = map[string]bool{}
	}
	a.spending[name] = true
}

// countedBy reads the budgets that a charge was counted in into memory.
func (a *account) countedBy(ctx context.Context, first *Entry) ([]counted, error) {
	data, err := parseOpData(first.OpData)
	if err != nil || len(data.Budgets) == 0 {
		return nil, err
	}
	names := make([]string, len(data.Budgets))
	for i, c := range data.Budgets {
		names[i] = c.Name
	}
	return data.Budgets, a.loadBudgets(ctx, names)
}

// writeBudgets stores the budgets that charges and refunds changed.
func (b *book) writeBudgets(ctx context.Context, accounts []*account) error {
	for _, a := range accounts {
		for name := range a.spending {
			if err := b.writeBudget(ctx, a.budgets[name]); err != nil {
				return err
			}
		}
	}
	return nil
}
