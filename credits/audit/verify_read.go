package audit

import (
	"context"
	"errors"
	"math"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
)

const (
	// packEntries bounds the entries of the accounts that are read together; an
	// account with more is read by itself, in pages.
	packEntries = 2000
	// pageRows is how many rows a page has.
	pageRows = 2000
)

// reader reads accounts for a replay: small ones in packs, with a few
// statements for many, and large ones in pages.
type reader struct {
	db     bun.IDB
	suffix string
	tick   func(entries int64)
	read   int64 // entries read so far

	accounts map[string]*credits.Account
	counts   map[string]*entryCount
	archives map[string]int64 // the latest archived seq of those that have any
	// pack is what was read of the accounts in hand, nil for a large one.
	pack *pack
}

// pack holds the rows of several accounts, by user.
type pack struct {
	entries map[string][]credits.Entry
	lots    map[string][]credits.Lot
	holds   map[string][]credits.HoldRecord
	budgets map[string][]credits.Budget
	shared  map[string][]string
}

// entryCount counts a user's rows of credits_trans, and the entries of its archive.
type entryCount struct {
	UserUUID string
	Entries  int64
	// Legacy rows have no seq. LegacyCredits sums them, LegacyGranted those
	// above zero.
	Legacy        int64
	LegacyCredits int64
	LegacyGranted int64
}

func (c *entryCount) report() LegacyReport {
	if c == nil || c.Legacy == 0 {
		return LegacyReport{}
	}
	return LegacyReport{Accounts: 1, Entries: c.Legacy, Credits: c.LegacyCredits}
}

// newReader returns a reader. suffix ends its statements, to lock what they
// read. tick is told of the entries read so far, at each
// page of a large account.
func newReader(db bun.IDB, suffix string, tick func(int64)) *reader {
	return &reader{db: db, suffix: suffix, tick: tick}
}

// packs reads users' accounts and calls visit with each user, in order.
func (rd *reader) packs(ctx context.Context, users []string, visit func(user string) error) error {
	if err := rd.open(ctx, users); err != nil {
		return err
	}
	for len(users) > 0 {
		n, size := 0, int64(0)
		for n < len(users) {
			if c := rd.counts[users[n]]; c != nil {
				size += c.Entries
			}
			if n > 0 && size > packEntries {
				break
			}
			n++
		}
		rd.pack = nil
		if n > 1 || size <= packEntries {
			if err := rd.fill(ctx, users[:n]); err != nil {
				return err
			}
		}
		for _, user := range users[:n] {
			if err := visit(user); err != nil {
				return err
			}
		}
		users = users[n:]
	}
	return nil
}

// open reads the accounts' rows and how many entries they have.
func (rd *reader) open(ctx context.Context, users []string) error {
	rd.accounts, rd.counts = map[string]*credits.Account{}, map[string]*entryCount{}
	// The snapshot may be taken at this statement. A caller's transaction may
	// not have one, and entries that come after it show as a difference.
	var accounts []credits.Account
	err := rd.query(&accounts).Where("user_uuid IN (?)", bun.List(users)).Scan(ctx)
	if err != nil {
		return err
	}
	for i := range accounts {
		rd.accounts[accounts[i].UserUUID] = &accounts[i]
	}
	return errors.Join(rd.count(ctx, users), rd.archived(ctx, users))
}

// count counts the rows of credits_trans.
func (rd *reader) count(ctx context.Context, users []string) error {
	var counts []entryCount
	err := rd.db.NewRaw("SELECT user_uuid, COUNT(seq) AS entries, COUNT(*) - COUNT(seq) AS legacy, "+
		"SUM(CASE WHEN seq IS NULL THEN credits ELSE 0 END) AS legacy_credits, "+
		"SUM(CASE WHEN seq IS NULL AND credits > 0 THEN credits ELSE 0 END) AS legacy_granted "+
		"FROM credits_trans WHERE user_uuid IN (?) GROUP BY user_uuid"+rd.suffix, bun.List(users)).Scan(ctx, &counts)
	for i := range counts {
		rd.counts[counts[i].UserUUID] = &counts[i]
	}
	return err
}

// archived counts the entries of the archive.
func (rd *reader) archived(ctx context.Context, users []string) error {
	var rows []struct {
		UserUUID        string
		Entries, Latest int64
	}
	err := rd.db.NewRaw("SELECT user_uuid, COUNT(seq) AS entries, COALESCE(MAX(seq), 0) AS latest FROM credits_trans_archive "+
		"WHERE user_uuid IN (?) GROUP BY user_uuid"+rd.suffix, bun.List(users)).Scan(ctx, &rows)
	rd.archives = map[string]int64{}
	for _, row := range rows {
		rd.archives[row.UserUUID] = row.Latest
		if rd.counts[row.UserUUID] == nil {
			rd.counts[row.UserUUID] = &entryCount{UserUUID: row.UserUUID}
		}
		rd.counts[row.UserUUID].Entries += row.Entries
	}
	return err
}

// query selects rows, locked if the reader locks.
func (rd *reader) query(rows any) *bun.SelectQuery {
	q := rd.db.NewSelect().Model(rows)
	if rd.suffix != "" {
		q = q.For("UPDATE")
	}
	return q
}

// fill reads a pack.
func (rd *reader) fill(ctx context.Context, users []string) error {
	rd.pack = &pack{
		entries: map[string][]credits.Entry{}, lots: map[string][]credits.Lot{},
		holds: map[string][]credits.HoldRecord{}, budgets: map[string][]credits.Budget{}, shared: map[string][]string{},
	}
	entries, err := rd.history(ctx, math.MaxInt32, "user_uuid IN (?) AND seq IS NOT NULL", bun.List(users))
	if err != nil {
		return err
	}
	type operation struct{ user, key string }
	keys := map[operation]int{}
	for _, e := range entries {
		rd.pack.entries[e.UserUUID] = append(rd.pack.entries[e.UserUUID], e)
		if ref := (operation{e.UserUUID, e.OpKey}); e.OpKey != "" {
			if keys[ref]++; keys[ref] == 2 {
				rd.pack.shared[e.UserUUID] = append(rd.pack.shared[e.UserUUID], e.OpKey)
			}
		}
	}
	var lots []credits.Lot
	if err := rd.query(&lots).Where("user_uuid IN (?)", bun.List(users)).Scan(ctx); err != nil {
		return err
	}
	for _, l := range lots {
		rd.pack.lots[l.UserUUID] = append(rd.pack.lots[l.UserUUID], l)
	}
	var holds []credits.HoldRecord
	if err := rd.query(&holds).Where("user_uuid IN (?)", bun.List(users)).Scan(ctx); err != nil {
		return err
	}
	for _, h := range holds {
		rd.pack.holds[h.UserUUID] = append(rd.pack.holds[h.UserUUID], h)
	}
	var budgets []credits.Budget
	if err := rd.query(&budgets).Where("user_uuid IN (?)", bun.List(users)).Scan(ctx); err != nil {
		return err
	}
	for _, b := range budgets {
		rd.pack.budgets[b.UserUUID] = append(rd.pack.budgets[b.UserUUID], b)
	}
	return nil
}
