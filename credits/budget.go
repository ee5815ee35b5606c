package credits

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// MaxBudgets is the maximum number of budgets that one charge may count
// against.
const MaxBudgets = 8

// SetBudgetParams describe a budget.
type SetBudgetParams struct {
	// UserUUID is the account that pays; it is created if it does not exist.
	UserUUID string
	// Name is the budget's, at most 255 bytes, required.
	Name string
	// PerDay, PerMonth and InAll cap what charges that name the budget may spend, in
	// credits; 0 means no cap. To forbid spending altogether, revoke the key or
	// member instead.
	PerDay, PerMonth, InAll int64
	// Zone is the time zone of the days and months, an IANA name such as
	// Europe/Paris; empty means UTC.
	Zone string
	// At is when, zero for now.
	At time.Time
}

// SetBudget creates an account's budget or changes it; what was spent stays counted. A cap
// below what was spent refuses every charge until the period ends. If it is already a later
// day or month in a new Zone, that period begins at once; if it is still an earlier one,
// the current period continues. Each date has its cap once, whatever the zones.
//
// Errors: *InvalidError; *dialect.Error.
func SetBudget(ctx context.Context, db bun.IDB, p SetBudgetParams) (*Budget, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	var out *Budget
	s := &spec{user: p.UserUUID, key: NewUserKey, at: nowOr(p.At), grants: true}
	err := withBook(ctx, db, []*spec{s}, func(ctx context.Context, b *book) error {
		for _, step := range []func(context.Context) error{b.peek, b.lock} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		a := b.accounts[p.UserUUID]
		found, err := b.readBudgets(ctx, a, []string{p.Name})
		if err != nil {
			return err
		}
		row := &Budget{UserUUID: p.UserUUID, Name: p.Name}
		if len(found) > 0 {
			row = &found[0]
		}
		row.PerDay, row.PerMonth, row.InAll, row.Zone = p.PerDay, p.PerMonth, p.InAll, p.Zone
		row.UpdatedAt = column.Time(nowOr(p.At))
		if err := row.turnTo(a.AsOfUs); err != nil { // by the account's time, as charges
			return err
		}
		if err := b.writeBudget(ctx, row); err != nil {
			return err
		}
		now := *row
		out = &now
		return out.turnTo(max(a.AsOfUs, s.at))
	})
	if err != nil {
		return nil, dialect.Classify(err)
	}
	return out, nil
}

func (p SetBudgetParams) check() error {
	err := valid.First(
		checkAccount("UserUUID", p.UserUUID), checkBudget("Name", p.Name),
		valid.AmountOrZero("PerDay", p.PerDay), valid.AmountOrZero("PerMonth", p.PerMonth), valid.AmountOrZero("InAll", p.InAll),
		valid.Optional("Zone", p.Zone, maxZone), checkTime("At", p.At),
	)
	if err != nil || p.Zone == "" {
		return err
	}
	if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "Local" {
		return valid.Failf("Zone", "is not the name of a time zone that this program knows%s", noZones)
	}
	return nil
}

// maxZone is what the column holds.
const maxZone = 64

// checkBudget checks a budget's name.
func checkBudget(field, name string) error { return checkAccount(field, name) }

// GetBudgetParams name a budget, and a moment.
type GetBudgetParams struct {
	UserUUID, Name string
	// At is the moment, zero for now. What was spent is shown for its day and
	// month.
	At time.Time
}

// GetBudget reads a budget as of a moment no earlier than its latest charge.
//
// Errors: *InvalidError; *NotFoundError; *dialect.Error.
func GetBudget(ctx context.Context, db bun.IDB, p GetBudgetParams) (*Budget, error) {
	if err := valid.First(checkAccount("UserUUID", p.UserUUID), checkBudget("Name", p.Name), checkTime("At", p.At)); err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	var found []Budget
	err := db.NewSelect().Model(&found).Where("user_uuid = ? AND name = ?", p.UserUUID, p.Name).Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	if len(found) == 0 {
		return nil, noBudget(p.UserUUID, p.Name)
	}
	b := &found[0]
	day, month, err := b.place(nowOr(p.At))
	if err != nil {
		return nil, err
	}
	b.turn(day, month) // a server whose clock is behind shows the latest charge's day
	return b, nil
}

func noBudget(user, name string) error { return notFound(user, "budget", "Budgets", name) }

// readBudgets reads budgets of a locked account, whose row is their lock, too.
func (b *book) readBudgets(ctx context.Context, a *account, names []string) (found []Budget, err error) {
	q := b.db.NewSelect().Model(&found).Where("user_uuid = ? AND name IN (?)", a.UserUUID, bun.List(names))
	if b.snapshot { // plain reads may be older than the account's lock
		q = rows.ForUpdate(q, b.db)
	}
	return found, q.Scan(ctx)
}

// writeBudget stores a budget, new or not.
func (b *book) writeBudget(ctx context.Context, row *Budget) error {
	if row.ID == 0 {
		_, err := b.db.NewInsert().Model(row).Returning("NULL").Exec(ctx)
		return err
	}
	_, err := b.db.NewUpdate().Model(row).ExcludeColumn("id", "user_uuid", "name").
		Where("id = ? AND user_uuid = ?", row.ID, row.UserUUID).Exec(ctx)
	return err
}

// checkBudgets is the check of those that a charge names.
func checkBudgets(names []string) error {
	if len(names) > MaxBudgets {
		return valid.Failf("Budgets", "%d budgets, more than %d", len(names), MaxBudgets)
	}
	for i, name := range names {
		if err := checkBudget("Budgets", name); err != nil {
			return err
		}
		if slices.Contains(names[:i], name) {
			return valid.Failf("Budgets", "contains a duplicate")
		}
	}
	return nil
}
