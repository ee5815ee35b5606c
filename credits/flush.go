package credits

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/dialect"
)

// flush writes what the operations changed: entries first, then the state that
// follows from them, the accounts last.
func (b *book) flush(ctx context.Context) error {
	var changed []*account
	for _, user := range b.users {
		if a := b.accounts[user]; !a.virtual {
			changed = append(changed, a)
		}
	}
	for _, a := range changed {
		if err := a.observe(nil); err != nil {
			return err
		}
		if err := a.reopen(ctx); err != nil {
			return err
		}
	}
	steps := []func(context.Context, []*account) error{
		b.writeEntries, b.writeLots, b.writeHolds, b.writeBudgets, b.writeEvents, b.nextEvents, b.writeAccounts,
	}
	for _, step := range steps {
		if err := step(ctx, changed); err != nil {
			return err
		}
	}
	return b.send(ctx)
}

// reopen writes the lot that burns next to the account's row.
func (a *account) reopen(ctx context.Context) error {
	l, err := a.next(ctx)
	if err != nil {
		return err
	}
	a.OpenLot, a.OpenLeft, a.OpenExpiresUs, a.NextEventUs = 0, 0, 0, column.Never
	if l != nil {
		a.OpenLot, a.OpenLeft, a.OpenExpiresUs, a.NextEventUs = l.Lot.Lot, column.OpenPart(l.Free, a.available(), a.LowMark), l.ExpiresUs, l.ExpiresUs
	}
	if a.watch {
		a.NextEventUs = min(a.NextEventUs, a.AsOfUs+watchGap)
	}
	return nil
}

func (b *book) writeEntries(ctx context.Context, accounts []*account) error {
	var rows []*Entry
	for _, a := range accounts {
		var taken []*Entry
		for _, e := range a.entries {
			if b.call != 0 {
				e.CallID = b.call
			}
			if e.ID != 0 {
				taken = append(taken, e)
			} else {
				rows = append(rows, e)
			}
		}
		if err := b.writeTaken(ctx, taken); err != nil {
			return err
		}
	}
	switch {
	case b.caps.Engine == dialect.SQLite && !b.caps.Foreign:
		return b.insertEntriesSQLite(ctx, rows)
	case b.takesArrays() && len(rows) > 1:
		return b.insertEntriesPostgres(ctx, rows)
	}
	return store.InChunks(rows, func(rows []*Entry) error {
		return b.write(ctx, store.Insert(b.db, &rows))
	})
}

func (b *book) writeLots(ctx context.Context, accounts []*account) error {
	var rows []*Lot
	var changes []rowChange
	for _, a := range accounts {
		for _, l := range a.lots {
			row := l.Lot
			if row.Lot == a.OpenLot {
				row.Free -= a.OpenLeft
			}
			switch {
			case l.fresh, row != l.saved && !b.snapshot:
				rows = append(rows, &row)
			case row != l.saved:
				changes = append(changes, rowChange{
					row.UserUUID, row.Lot, []any{row.Granted, row.Free, row.Held, row.Live, bun.NullZero(row.Claws)},
				})
			}
		}
	}
	columns := []string{"granted", "free", "held", "live", "claws"}
	if err := b.updateRowsMySQL(ctx, "credits_lots", "lot", columns, changes); err != nil {
		return err
	}
	return store.InChunks(rows, func(rows []*Lot) error {
		return b.write(ctx, store.Upsert(b.db, &rows, "user_uuid, lot", columns))
	})
}

func (b *book) writeHolds(ctx context.Context, accounts []*account) error {
	var rows []*HoldRecord
	var changes []rowChange
	for _, a := range accounts {
		for _, h := range a.holds {
			switch {
			case h.fresh, h.HoldRecord != h.saved && !b.snapshot:
				rows = append(rows, &h.HoldRecord)
			case h.HoldRecord != h.saved:
				changes = append(changes, rowChange{h.UserUUID, h.HoldSeq, []any{
					h.Captured, h.Remaining, h.Status, h.DueUs, bun.NullZero(h.Allocations),
				}})
			}
		}
	}
	columns := []string{"captured", "remaining", "status", "due_us", "allocations"}
	if err := b.updateRowsMySQL(ctx, "credits_holds", "hold_seq", columns, changes); err != nil {
		return err
	}
	return store.InChunks(rows, func(rows []*HoldRecord) error {
		return b.write(ctx, store.Upsert(b.db, &rows, "user_uuid, hold_seq", columns))
	})
}

// nextEvents completes NextEventUs of accounts with active holds. It reads what has just been
// written. For a single account, the UPDATE itself may do this.
func (b *book) nextEvents(ctx context.Context, accounts []*account) error {
	if b.updatesNextEvent(len(accounts)) {
		return nil
	}
	if err := b.send(ctx); err != nil {
		return err
	}
	byUser := map[string]*account{}
	var users []string
	for _, a := range accounts {
		if a.ActiveHolds == 0 {
			continue
		}
		if a.behind {
			if err := b.nextEventBehind(ctx, a); err != nil {
				return err
			}
			continue
		}
		byUser[a.UserUUID] = a
		users = append(users, a.UserUUID)
	}
	if len(users) == 0 {
		return nil
	}
	var rows []struct {
		UserUUID string
		Due      int64
	}
	err := b.db.NewRaw("SELECT user_uuid, MIN(due) AS due FROM (?) AS events GROUP BY user_uuid", eventsOf(users)).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	for _, row := range rows {
		a := byUser[row.UserUUID]
		a.NextEventUs = min(a.NextEventUs, row.Due)
	}
	return nil
}

// eventsOf returns the times at which what is held of the users' grants falls due.
func eventsOf(users []string) schema.QueryWithArgs {
	return bun.SafeQuery("SELECT user_uuid, due FROM (SELECT user_uuid, expires_us AS due FROM credits_lots "+
		"WHERE user_uuid IN (?) AND live = ? AND held > 0) AS lots "+
		"UNION ALL SELECT user_uuid, due FROM (SELECT user_uuid, due_us AS due FROM credits_holds "+
		"WHERE user_uuid IN (?) AND status = ?) AS holds",
		bun.List(users), true, bun.List(users), HoldActive)
}

// updatesNextEvent reports whether updateAccounts completes NextEventUs. On MySQL and
// MariaDB its subquery would lock what it reads, and the gaps beside it.
func (b *book) updatesNextEvent(accounts int) bool {
	return accounts == 1 && !b.caps.IsMySQL() && b.caps.LocksTogether()
}

// nextEventBehind is nextEvents for an account for which plain reads may be old.
func (b *book) nextEventBehind(ctx context.Context, a *account) error {
	var lots []Lot
	err := b.db.NewRaw("SELECT "+store.Columns[Lot](b.db, "l")+" FROM credits_lots AS l WHERE user_uuid = ? AND live = ? AND held > 0",
		a.UserUUID, true).Scan(ctx, &lots)
	if err != nil {
		return err
	}
	if lots, err = b.reread(ctx, a, lots); err != nil {
		return err
	}
	for _, row := range lots {
		a.adopt(row)
	}
	if err := b.readDueHolds(ctx, a, column.Never); err != nil {
		return err
	}
	for _, l := range a.lots {
		if l.Live && l.Held > 0 {
			a.NextEventUs = min(a.NextEventUs, l.ExpiresUs)
		}
	}
	for _, h := range a.holds {
		if h.Status == HoldActive {
			a.NextEventUs = min(a.NextEventUs, h.DueUs)
		}
	}
	return nil
}
