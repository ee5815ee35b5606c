package credits

import (
	"context"
	"strings"

	"github.com/uptrace/bun"
)

const (
	// firstLots are read with an account, in one statement for many accounts;
	// a charge that needs more reads moreLots at a time.
	firstLots = 8
	moreLots  = 500
	// unionAccounts bounds the accounts that one statement reads lots of.
	unionAccounts = 100
)

// burnOrder lists lots as burnRank does.
const burnOrder = "expires_us, paid, lot"

// prefetch reads the first lots of every account that has operations to run.
func (b *book) prefetch(ctx context.Context) error {
	var wanting []*account
	for _, user := range b.users {
		if a := b.accounts[user]; !a.complete {
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

// fetchFirst reads the first lots of several accounts: a union, because a
// limit for each account is what keeps an account with many lots cheap.
func (b *book) fetchFirst(ctx context.Context, accounts []*account) error {
	columns, outer := columnsOf[Lot](b.db, "l"), columnsOf[Lot](b.db, "part")
	parts := make([]string, len(accounts))
	args := make([]any, 0, 3*len(accounts))
	for i, a := range accounts {
		parts[i] = "SELECT " + outer + " FROM (SELECT " + columns + " FROM credits_lots AS l WHERE user_uuid = ? AND live = ? " +
			"AND (free > 0 OR lot = ?) ORDER BY " + burnOrder + " LIMIT ?" + b.suffix() + ") AS part"
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

// take adopts a chunk of lots, which may come in any order, that was read up to limit.
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
	var rows []Lot
	f := a.frontier
	err := b.db.NewRaw("SELECT "+columnsOf[Lot](b.db, "l")+" FROM credits_lots AS l WHERE user_uuid = ? AND live = ? AND free > 0 "+
		"AND (expires_us > ? OR (expires_us = ? AND (paid > ? OR (paid = ? AND lot > ?)))) "+
		"ORDER BY "+burnOrder+" LIMIT ?"+b.suffix(),
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
	var rows []Lot
	err := b.db.NewRaw("SELECT "+columnsOf[Lot](b.db, "l")+" FROM credits_lots AS l WHERE user_uuid = ? AND lot IN (?)"+b.suffix(),
		a.UserUUID, bun.List(missing)).Scan(ctx, &rows)
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

// due reads what has fallen due on an account by time at.
func (b *book) due(ctx context.Context, a *account, at int64) ([]*lot, []*hold, error) {
	holds, err := b.dueHolds(ctx, a, at)
	if err != nil {
		return nil, nil, err
	}
	var rows []Lot
	err = b.db.NewRaw("SELECT "+columnsOf[Lot](b.db, "l")+" FROM credits_lots AS l WHERE user_uuid = ? AND live = ? AND expires_us <= ?"+
		b.suffix(), a.UserUUID, true, at).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		a.adopt(row)
	}
	var lots []*lot
	for _, l := range a.lots {
		if l.Live && l.ExpiresUs <= at {
			lots = append(lots, l)
		}
	}
	return lots, holds, nil
}
