package audit

import (
	"context"

	"github.com/chameleon-go/chameleon/credits"
)

// tally is what was counted on one account or several.
type tally struct {
	accounts, entries, lots, holds int64
	credits, remainder, debt       int64
	legacy                         LegacyReport
}

func (t *tally) add(o tally) {
	t.accounts += o.accounts
	t.entries += o.entries
	t.lots += o.lots
	t.holds += o.holds
	t.credits += o.credits
	t.remainder += o.remainder
	t.debt += o.debt
	t.legacy.add(o.legacy)
}

func (l *LegacyReport) add(o LegacyReport) {
	l.Accounts += o.Accounts
	l.Entries += o.Entries
	l.Credits += o.Credits
	l.LeftCredits += o.LeftCredits
	l.TotalCredits += o.TotalCredits
}

func (t *tally) addTo(r *VerifyReport) {
	r.Accounts += t.accounts
	r.Entries += t.entries
	r.Lots += t.lots
	r.Holds += t.holds
	r.Credits += t.credits
	r.Remainder += t.remainder
	r.Debt += t.debt
	r.Legacy.add(t.legacy)
}

// account checks one account of the reader's pack.
func (v *verifier) account(ctx context.Context, rd *reader, user string, found func(Breach)) (tally, error) {
	r := newReplay(user, found)
	heads := headCheck{replay: r, heads: v.against[user]}
	err := rd.entries(ctx, user, func(e *credits.Entry) {
		r.entry(e)
		heads.entry(e)
	})
	if err != nil {
		return tally{}, err
	}
	heads.end()
	if err := rd.sharedKeys(ctx, r); err != nil {
		return tally{}, err
	}
	row := rd.accounts[user]
	if row == nil {
		return v.orphan(ctx, rd, r)
	}
	r.settle(row.AsOfUs)
	return v.state(ctx, rd, r, row)
}

// orphan reports what there is of a user without an account row.
func (v *verifier) orphan(ctx context.Context, rd *reader, r *replay) (tally, error) {
	r.settle(r.at)
	t := tally{entries: r.count, credits: r.entries, debt: r.debt, legacy: rd.counts[r.user].report()}
	err := rd.lots(ctx, r.user, func(row *credits.Lot) error {
		t.lots++
		t.remainder += row.Free + row.Held
		return nil
	})
	if err != nil {
		return t, err
	}
	if err := rd.holds(ctx, r.user, func(*credits.HoldRecord) error { t.holds++; return nil }); err != nil {
		return t, err
	}
	budgets := 0
	err = rd.budgets(ctx, r.user, func(*credits.Budget) error { budgets++; return nil })
	if t.entries+t.lots+t.holds > 0 || budgets > 0 {
		t.accounts = 1
		r.reportf(BreachOrphan, 0, "%d entries, %d lots, %d holds and %d budgets, and no account row",
			t.entries, t.lots, t.holds, budgets)
	}
	return t, err
}

// state compares the stored state with what history says.
func (v *verifier) state(ctx context.Context, rd *reader, r *replay, row *credits.Account) (tally, error) {
	t := tally{
		accounts: 1, entries: r.count, credits: r.entries,
		remainder: row.OpenLeft, debt: row.DebtCredits, legacy: rd.counts[r.user].report(),
	}
	c := comparison{
		replay: r, row: row, legacy: t.legacy.Entries > 0 || r.foreign(), archived: rd.archives[r.user],
		differs: func(d difference) error {
			d.report(r)
			return nil
		},
	}
	if c.legacy {
		t.legacy.Accounts = 1
		t.legacy.LeftCredits = row.LeftCredits - r.available()
		t.legacy.TotalCredits = row.TotalCredits - r.granted
	}
	if err := c.account(); err != nil {
		return t, err
	}
	err := rd.lots(ctx, r.user, func(stored *credits.Lot) error {
		t.lots++
		t.remainder += stored.Free + stored.Held
		return c.lot(stored)
	})
	if err != nil {
		return t, err
	}
	if err := c.missingLots(); err != nil {
		return t, err
	}
	err = rd.holds(ctx, r.user, func(stored *credits.HoldRecord) error {
		t.holds++
		return c.hold(stored)
	})
	if err != nil {
		return t, err
	}
	r.overdueHolds(row.AsOfUs)
	if err := c.missingHolds(); err != nil {
		return t, err
	}
	if err := rd.budgets(ctx, r.user, c.budget); err != nil {
		return t, err
	}
	r.missingBudgets()
	return t, nil
}
