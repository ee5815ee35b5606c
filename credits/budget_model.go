package credits

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Budget is a part of an account's spending with its own caps, such as an API key's
// or a team member's. It counts the charges that name it; see [ChargeParams].Budgets.
type Budget struct {
	bun.BaseModel `bun:"table:credits_budgets,alias:b"`

	ID       int64  `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	UserUUID string `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// Name distinguishes the budgets of an account.
	Name string `bun:"name,notnull,type:varchar(255)" chameleon:"exact" json:"name"`
	// PerDay, PerMonth and InAll are caps on spending, in credits; 0 means no cap.
	PerDay   int64 `bun:"per_day,notnull,default:0,type:bigint" chameleon:"amount" json:"per_day"`
	PerMonth int64 `bun:"per_month,notnull,default:0,type:bigint" chameleon:"amount" json:"per_month"`
	InAll    int64 `bun:"in_all,notnull,default:0,type:bigint" chameleon:"amount" json:"in_all"`
	// Zone is the time zone of the days and months, an IANA name; empty means
	// UTC.
	Zone string `bun:"zone,nullzero,type:varchar(64)" json:"zone,omitempty"`
	// SpentDay was spent on Day (as in 2026-01-31) and SpentMonth in Month (as in
	// 2026-01), the latest day and month that the budget has reached. SpentInAll was spent since
	// the budget was created. Refunded credits are not included.
	SpentDay   int64     `bun:"spent_day,notnull,default:0,type:bigint" chameleon:"amount" json:"spent_day"`
	Day        string    `bun:"day,nullzero,type:varchar(10)" json:"day,omitempty"`
	SpentMonth int64     `bun:"spent_month,notnull,default:0,type:bigint" chameleon:"amount" json:"spent_month"`
	Month      string    `bun:"month,nullzero,type:varchar(7)" json:"month,omitempty"`
	SpentInAll int64     `bun:"spent_in_all,notnull,default:0,type:bigint" chameleon:"amount" json:"spent_in_all"`
	UpdatedAt  time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
}

// Marks implements dialect.Marked.
func (*Budget) Marks() []string { return []string{"id", "user_uuid", "name", "in_all"} }

// Indexes declares the table's indexes.
func (*Budget) Indexes() []dialect.Index {
	return []dialect.Index{{Name: "credits_budgets_name_unique", Columns: []string{"user_uuid", "name"}, Unique: true}}
}

// ShardKey implements dialect.Sharded.
func (*Budget) ShardKey() string { return "user_uuid" }

// BudgetPeriod is the period of a budget's cap.
type BudgetPeriod string

// The periods.
const (
	BudgetDay   BudgetPeriod = "day"
	BudgetMonth BudgetPeriod = "month"
	BudgetInAll BudgetPeriod = "in_all"
)

// Valid reports whether p is one of the periods.
func (p BudgetPeriod) Valid() bool { return p == BudgetDay || p == BudgetMonth || p == BudgetInAll }

// place returns the day and the month of a moment in the budget's zone.
func (b *Budget) place(atUs int64) (day, month string, err error) {
	at := time.UnixMicro(atUs).UTC()
	if b.Zone != "" {
		zone, err := time.LoadLocation(b.Zone)
		if err != nil { // a name that another machine has taken, or no names at all
			return "", "", valid.Failf("Zone", "%q of the budget %q is not a time zone that this program knows%s", b.Zone, b.Name, noZones)
		}
		at = at.In(zone)
	}
	return at.Format("2006-01-02"), at.Format("2006-01"), nil
}

// noZones tells how a program gets time zones on a machine that has none.
const noZones = "; import time/tzdata where the machine has none"

// turnTo is turn for a moment; 0 is none.
func (b *Budget) turnTo(atUs int64) error {
	if atUs == 0 {
		return nil
	}
	day, month, err := b.place(atUs)
	if err == nil {
		b.turn(day, month)
	}
	return err
}

// turn begins the day and the month of a moment if they are later than those of the latest
// charge. In a zone in which they are earlier, the latest ones continue, so that no change of
// zones restores a day that was spent.
func (b *Budget) turn(day, month string) {
	if b.Day < day {
		b.Day, b.SpentDay = day, 0
	}
	if b.Month < month {
		b.Month, b.SpentMonth = month, 0
	}
}

// over returns a *BudgetError if spending that much more exceeds a cap.
func (b *Budget) over(amount int64) error {
	for _, c := range []struct {
		period     BudgetPeriod
		most, used int64
	}{{BudgetDay, b.PerDay, b.SpentDay}, {BudgetMonth, b.PerMonth, b.SpentMonth}, {BudgetInAll, b.InAll, b.SpentInAll}} {
		if c.most > 0 && amount > c.most-c.used {
			return &BudgetError{UserUUID: b.UserUUID, Budget: b.Name, Period: c.period, Need: amount, Left: max(c.most-c.used, 0)}
		}
	}
	return nil
}
