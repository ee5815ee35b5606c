package credits

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
)

// accountColumn is a column of the account's row that flush writes.
type accountColumn struct {
	name string
	// delta columns are incremented, because other programs may write them too.
	delta bool
	value func(a *account) any
}

// accountColumns returns the columns to write: those of events only if an account has some, or
// a changed mark.
func accountColumns(accounts []*account) []accountColumn {
	columns := ledgerColumns()
	if slices.ContainsFunc(accounts, func(a *account) bool { return a.EventSeq != a.loaded.EventSeq || a.LowMark != a.loaded.LowMark }) {
		columns = append(columns,
			accountColumn{"event_seq", false, func(a *account) any { return a.EventSeq }},
			accountColumn{"low_mark", false, func(a *account) any { return a.LowMark }})
	}
	return columns
}

func ledgerColumns() []accountColumn {
	return []accountColumn{
		{"left_credits", true, func(a *account) any { return a.LeftCredits - a.loaded.LeftCredits }},
		{"total_credits", true, func(a *account) any { return a.TotalCredits - a.loaded.TotalCredits }},
		{"seq", false, func(a *account) any { return a.Seq }},
		{"balance", false, func(a *account) any { return a.Balance }},
		{"held_credits", false, func(a *account) any { return a.HeldCredits }},
		{"debt_credits", false, func(a *account) any { return a.DebtCredits }},
		{"expired_credits", false, func(a *account) any { return a.ExpiredCredits }},
		{"active_holds", false, func(a *account) any { return a.ActiveHolds }},
		{"open_lot", false, func(a *account) any { return a.OpenLot }},
		{"open_left", false, func(a *account) any { return a.OpenLeft }},
		{"open_expires_us", false, func(a *account) any { return a.OpenExpiresUs }},
		{"as_of_us", false, func(a *account) any { return a.AsOfUs }},
		{"next_event_us", false, func(a *account) any { return a.NextEventUs }},
		{"head_hash", false, func(a *account) any { return a.HeadHash }},
	}
}

// maxAccounts limits the accounts of one UPDATE with a CASE, whose work grows with their square,
// and joinedAccounts those of one that joins their new values.
const (
	maxAccounts    = 100
	joinedAccounts = 500
)

// writeAccounts updates many rows per statement. An upsert would be shorter, but uses up an
// identity value of an adopted 32-bit id each time.
func (b *book) writeAccounts(ctx context.Context, accounts []*account) error {
	write, most := b.accountWriter(len(accounts))
	for len(accounts) > 0 {
		n := min(len(accounts), most)
		if err := write(ctx, accounts[:n]); err != nil {
			return err
		}
		accounts = accounts[n:]
	}
	return nil
}

// accountWriter chooses how that many accounts are written. Routers over shards refuse joins,
// and in a caller's snapshot on MySQL rows are found only by their keys.
func (b *book) accountWriter(n int) (write func(context.Context, []*account) error, most int) {
	switch {
	case n == 1, b.snapshot, !b.caps.LocksTogether(), b.caps.IsTiDB():
		return b.updateAccounts, maxAccounts
	case b.caps.Engine == dialect.SQLite:
		return b.updateAccountsSQLite, n
	case b.takesArrays():
		return b.updateAccountsArrays, arrayRows
	case b.caps.IsMySQL():
		return b.joinAccountsMySQL, joinedAccounts
	}
	return b.joinAccountsPostgres, joinedAccounts
}

// joined returns the parts of an UPDATE that joins the accounts' new values as v: the names of
// its columns, their assignments to those of a, and each account's values.
func joined(accounts []*account, key string, keyOf func(a *account) any) (names, sets []string, args []any, latest int64) {
	columns := accountColumns(accounts)
	names = append(names, key)
	for _, c := range columns {
		names = append(names, c.name)
		set := c.name + " = v." + c.name
		if c.delta {
			set = c.name + " = a." + c.name + " + v." + c.name
		}
		sets = append(sets, set)
	}
	for _, a := range accounts {
		args = append(args, keyOf(a))
		for _, c := range columns {
			args = append(args, c.value(a))
		}
		latest = max(latest, a.AsOfUs)
	}
	return names, sets, args, latest
}

// joinAccountsPostgres joins a list of values.
func (b *book) joinAccountsPostgres(ctx context.Context, accounts []*account) error {
	names, sets, args, latest := joined(accounts, "user_uuid", func(a *account) any { return a.UserUUID })
	row := "(" + strings.Repeat("?, ", len(names)-1) + "?)"
	args = append([]any{column.Time(latest)}, args...)
	return b.write(ctx, b.db.NewRaw("UPDATE credits AS a SET "+strings.Join(sets, ", ")+", updated_at = ? FROM (VALUES "+
		row+strings.Repeat(", "+row, len(accounts)-1)+") AS v ("+strings.Join(names, ", ")+
		") WHERE a.user_uuid = v.user_uuid AND a.user_uuid IN (?)", append(args, bun.List(accountUsers(accounts)))...))
}

func accountUsers(accounts []*account) []string {
	users := make([]string, len(accounts))
	for i, a := range accounts {
		users[i] = a.UserUUID
	}
	return users
}

func (b *book) updateAccounts(ctx context.Context, accounts []*account) error {
	q := b.db.NewUpdate().TableExpr("credits")
	if b.caps.IsMySQL() { // see lockRowsMySQL
		q = b.db.NewUpdate().TableExpr("credits FORCE INDEX (PRIMARY)").
			WhereGroup(" AND ", func(q *bun.UpdateQuery) *bun.UpdateQuery {
				for _, a := range accounts {
					q = q.WhereOr("id = ? AND user_uuid = ?", a.ID, a.UserUUID)
				}
				return q
			})
	}
	if b.snapshot {
		q = q.Set("call_id = ?", b.call)
	}
	for _, c := range accountColumns(accounts) {
		expr, args := c.set(accounts)
		if a := accounts[0]; c.name == "next_event_us" && a.ActiveHolds > 0 && b.updatesNextEvent(len(accounts)) {
			expr, args = c.name+" = (SELECT MIN(due) FROM (SELECT ? AS due UNION ALL SELECT due FROM (?) AS events) AS all_events)",
				[]any{c.value(a), eventsOf([]string{a.UserUUID})}
		}
		q = q.Set(expr, args...)
	}
	var latest int64
	for _, a := range accounts {
		latest = max(latest, a.AsOfUs)
	}
	return b.write(ctx, q.Set("updated_at = ?", column.Time(latest)).
		Where("user_uuid IN (?)", bun.List(accountUsers(accounts))))
}

// set returns the column's assignment: a plain value for one account, a CASE by user for
// several.
func (c accountColumn) set(accounts []*account) (string, []any) {
	expr := c.name + " = "
	if c.delta {
		expr += c.name + " + "
	}
	if len(accounts) == 1 {
		return expr + "?", []any{c.value(accounts[0])}
	}
	var args []any
	expr += "CASE user_uuid"
	for _, a := range accounts {
		expr += " WHEN ? THEN ?"
		args = append(args, a.UserUUID, c.value(a))
	}
	expr += " END"
	return expr, args
}
