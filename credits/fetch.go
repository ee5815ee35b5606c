package credits

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/store"
)

const (
	// firstLots are read with an account, in one statement for many accounts;
	// a charge that needs more reads moreLots at a time.
	firstLots = 8
	moreLots  = 500
	// unionAccounts limits the accounts whose lots one statement reads.
	unionAccounts = 100
)

// burnOrder sorts lots as burnRank does.
const burnOrder = "expires_us, paid, lot"

// prefetch reads the first lots of every account that has operations to run, unless these fit
// in the open lot on its row.
func (b *book) prefetch(ctx context.Context) error {
	var wanting []*account
	charges := b.charges()
	for _, user := range b.users {
		if a := b.accounts[user]; !a.complete && !a.takesOpen(charges[user]) {
			wanting = append(wanting, a)
		}
	}
	for len(wanting) > 0 {
		n := min(len(wanting), unionAccounts)
		if err := b.fetchFirst(ctx, wanting[:n]); err != nil {
			return err
		}
		wanting = wanting[n:]
	}
	return nil
}

// fetchFirst reads the first lots of several accounts: in a union, because a limit per account
// keeps accounts with many lots cheap.
func (b *book) fetchFirst(ctx context.Context, accounts []*account) error {
	var plain []*account
	for _, a := range accounts {
		if !a.behind {
			plain = append(plain, a)
		} else if err := b.fetchBehind(ctx, a, firstLots); err != nil {
			return err
		}
	}
	if len(plain) == 0 {
		return nil
	}
	return b.fetchPlain(ctx, plain)
}

func (b *book) fetchPlain(ctx context.Context, accounts []*account) error {
	columns, outer := store.Columns[Lot](b.db, "l"), store.Columns[Lot](b.db, "part")
	parts := make([]string, len(accounts))
	args := make([]any, 0, 3*len(accounts))
	for i, a := range accounts {
		parts[i] = "SELECT " + outer + " FROM (SELECT " + columns + " FROM credits_lots AS l WHERE user_uuid = ? AND live = ? " +
			"AND (free > 0 OR lot = ?) ORDER BY " + burnOrder + " LIMIT ?) AS part"
		args = append(args, a.UserUUID, true, a.OpenLot, firstLots)
	}
	var rows []Lot
	err := b.db.NewRaw(strings.Join(parts, " UNION ALL "), args...).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	byUser := map[string][]Lot{}
	for _, row := range rows {
		byUser[row.UserUUID] = append(byUser[row.UserUUID], row)
	}
	for _, a := range accounts {
		a.take(byUser[a.UserUUID], firstLots)
	}
	return nil
}

// take adopts a chunk of lots, in any order, that was read up to limit.
func (a *account) take(rows []Lot, limit int) {
	for _, row := range rows {
		l := a.adopt(row)
		if l.rank().compare(a.frontier) > 0 {
			a.frontier = l.rank()
		}
	}
	if len(rows) < limit {
		a.complete = true
	}
}

// fetchLots reads the next chunk of an account's lots in burn order.
func (b *book) fetchLots(ctx context.Context, a *account) error {
	if a.behind {
		return b.fetchBehind(ctx, a, moreLots)
	}
	var rows []Lot
	f := a.frontier
	err := b.db.NewRaw("SELECT "+store.Columns[Lot](b.db, "l")+" FROM credits_lots AS l WHERE user_uuid = ? AND live = ? AND free > 0 "+
		"AND (expires_us > ? OR (expires_us = ? AND (paid > ? OR (paid = ? AND lot > ?)))) "+
		"ORDER BY "+burnOrder+" LIMIT ?",
		a.UserUUID, true, f.expires, f.expires, f.paid, f.paid, f.lot, moreLots).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	a.take(rows, moreLots)
	return nil
}

// lotsByID returns the lots with the given numbers, reading those that are not
// in memory.
func (b *book) lotsByID(ctx context.Context, a *account, ids []int64) (map[int64]*lot, error) {
	out := make(map[int64]*lot, len(ids))
	var missing []int64
	for _, id := range ids {
		if l, ok := a.lots[id]; ok {
			out[id] = l
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	rows, err := b.lotRows(ctx, a, missing)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		out[row.Lot] = a.adopt(row)
	}
	for _, id := range missing {
		if out[id] == nil {
			return nil, errBroken(a.UserUUID, "a grant that an operation drew on has no row")
		}
	}
	return out, nil
}

// due lists what has fallen due on an account by time at.
func (b *book) due(ctx context.Context, a *account, at int64) ([]*lot, []*hold, error) {
	if !a.ahead {
		if err := b.readDue(ctx, a, at); err != nil {
			return nil, nil, err
		}
	}
	var lots []*lot
	for _, l := range a.lots {
		if l.Live && l.ExpiresUs <= at {
			lots = append(lots, l)
		}
	}
	return lots, a.holdsDue(at), nil
}

// readDue reads what has fallen due on an account by time at.
func (b *book) readDue(ctx context.Context, a *account, at int64) error {
	if err := b.readDueHolds(ctx, a, at); err != nil {
		return err
	}
	var rows []Lot
	err := b.db.NewRaw("SELECT "+store.Columns[Lot](b.db, "l")+" FROM credits_lots AS l WHERE user_uuid = ? AND live = ? AND expires_us <= ?",
		a.UserUUID, true, at).Scan(ctx, &rows)
	if err == nil && a.behind {
		rows, err = b.reread(ctx, a, rows)
	}
	if err != nil {
		return err
	}
	for _, row := range rows {
		a.adopt(row)
	}
	return nil
}

// fetchBehind reads the next lots of an account for which plain reads may be old. Plain reads
// find which lots exist, because a lot's place in the burn order never changes and the lots
// that changed since are known; what the lots hold is read by their keys.
func (b *book) fetchBehind(ctx context.Context, a *account, limit int) error {
	var rows []Lot
	f := a.frontier
	err := b.db.NewRaw("SELECT "+store.Columns[Lot](b.db, "l")+" FROM credits_lots AS l WHERE user_uuid = ? AND live = ? "+
		"AND (expires_us > ? OR (expires_us = ? AND (paid > ? OR (paid = ? AND lot > ?)))) ORDER BY "+burnOrder+" LIMIT ?",
		a.UserUUID, true, f.expires, f.expires, f.paid, f.paid, f.lot, limit).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	if rows, err = b.reread(ctx, a, rows); err != nil {
		return err
	}
	a.take(rows, limit)
	return nil
}

// reread reads lots again by their keys.
func (b *book) reread(ctx context.Context, a *account, rows []Lot) ([]Lot, error) {
	numbers := make([]int64, len(rows))
	for i, row := range rows {
		numbers[i] = row.Lot
	}
	return b.lotRows(ctx, a, numbers)
}

// lotRows reads lots by their keys.
func (b *book) lotRows(ctx context.Context, a *account, numbers []int64) ([]Lot, error) {
	from, lock := b.exactly(a, "credits_lots AS l")
	var rows []Lot
	for len(numbers) > 0 {
		n := min(len(numbers), store.MaxRows)
		var chunk []Lot
		err := b.db.NewRaw("SELECT "+store.Columns[Lot](b.db, "l")+" FROM "+from+" WHERE user_uuid = ? AND lot IN (?)"+lock,
			a.UserUUID, bun.List(numbers[:n])).Scan(ctx, &chunk)
		if err != nil {
			return nil, err
		}
		rows, numbers = append(rows, chunk...), numbers[n:]
	}
	return rows, nil
}

// exactly makes a read of existing rows by primary key see what is committed if a plain read
// might not. It locks those rows and no gap.
func (b *book) exactly(a *account, table string) (from, lock string) {
	if a.behind {
		return table + " FORCE INDEX (PRIMARY)", " FOR UPDATE"
	}
	return table, ""
}
