package credits

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shards"
	"github.com/chameleon-go/chameleon/internal/width"
)

// book is the part of the ledger that one transaction works on: the accounts of its
// operations, locked in sorted order. Operations change it in memory, and flush writes what
// changed. A failed operation leaves nothing in it, so nothing has to be undone in a caller's
// transaction.
type book struct {
	db       bun.IDB
	caps     dialect.Capabilities
	specs    []*spec
	users    []string // sorted, each once
	accounts map[string]*account
	// found are the operations that the database has under the specs' keys.
	found map[opRef]*Entry
	// clock is the database's, in UTC microseconds, once peek has read it.
	clock int64
	// versions are the accounts' as plain reads see them, ids their rows'.
	versions map[string]version
	ids      map[string]int64
	// snapshot means that the transaction is a caller's, whose isolation level is unknown:
	// its plain reads may be older than its locks, and its locking reads may lock gaps, as
	// on MySQL at REPEATABLE READ. See lookBehind.
	snapshot bool
	// locked means that the accounts are locked.
	locked bool
	// call marks what such a transaction writes as its own.
	call int64
	// took means that another program's changes were taken over.
	took bool
	// packet gathers what is still to be written.
	packet packet
	// narrow are the 32-bit columns, by model, once they were read.
	narrow map[any]*width.Columns
}

// version distinguishes states of an account: an operation changes the sequence, and a
// sweep, which writes no entry, changes the time.
type version struct{ seq, asOfUs int64 }

// opRef names an operation.
type opRef struct{ user, key string }

// withBook runs fn on a new book in a transaction: the caller's if db is one.
func withBook(ctx context.Context, db bun.IDB, specs []*spec, fn func(ctx context.Context, b *book) error) error {
	callers := !dialect.IsHandle(db)
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		b := newBook(rows.Current(tx), specs)
		if callers {
			b.within(tx)
		}
		if len(b.users) > 1 {
			ctx = shards.Across(ctx)
		}
		return fn(ctx, b)
	})
}

// within prepares the book for a caller's transaction.
func (b *book) within(tx bun.Tx) {
	if b.caps.IsMySQL() {
		b.snapshot, b.call = true, store.CallWithin(tx)
	}
}

func newBook(db bun.IDB, specs []*spec) *book {
	b := &book{
		db: db, caps: dialect.Of(db), specs: specs,
		accounts: map[string]*account{}, found: map[opRef]*Entry{}, versions: map[string]version{}, ids: map[string]int64{},
		narrow: map[any]*width.Columns{},
	}
	for _, s := range specs {
		b.users = append(b.users, s.user)
	}
	slices.Sort(b.users)
	b.users = slices.Compact(b.users)
	return b
}

// sighting is an account's version, with an operation under one of the specs'
// keys if there is one.
type sighting struct {
	Account  string `bun:"account"`
	RowID    int64  `bun:"row_id"`
	Sequence int64  `bun:"sequence"`
	AsOfUs   int64  `bun:"as_of_us"`
	ClockUs  int64  `bun:"clock_us"`
	Entry    `bun:",extend"`
}

// peek looks for accounts and operations without locking. What it finds is
// final, because history is append-only; what it does not find may appear
// until lock.
func (b *book) peek(ctx context.Context) error { return b.peekAt(ctx, b.users) }

// spelled refuses an account that was found under another spelling: an adopted column on
// MySQL may treat usr_a and USR_A as equal.
func (b *book) spelled(found string) error {
	if _, ok := slices.BinarySearch(b.users, found); ok {
		return nil
	}
	return &CollationError{Found: found}
}

// wanted are the operations that the specs ask for.
func (b *book) wanted() map[opRef]bool {
	wanted := make(map[opRef]bool, len(b.specs))
	for _, s := range b.specs {
		wanted[opRef{s.user, s.key}] = true
	}
	return wanted
}

// lock locks the accounts in sorted order and reads them. After it, what the
// book knows is exact until the transaction ends.
func (b *book) lock(ctx context.Context) error {
	for _, users := range b.lockSteps() {
		if err := b.ensure(ctx, users); err != nil {
			return err
		}
		rows, err := b.lockRows(ctx, b.lockable(users))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := b.spelled(row.UserUUID); err != nil {
				return err
			}
			b.accounts[row.UserUUID] = newAccount(b, row)
		}
	}
	for _, user := range b.users {
		if b.accounts[user] == nil {
			b.accounts[user] = newVirtualAccount(b, user)
		}
	}
	b.locked = true
	if err := b.catchUp(ctx); err != nil {
		return err
	}
	return b.lookInArchive(ctx)
}

// lookInArchive looks up the specs' keys of accounts with an archive, in both tables, because
// what was archived when peek looked may have been restored. It runs under the locks, while
// nothing can move. Accounts of which nothing was ever archived are skipped.
func (b *book) lookInArchive(ctx context.Context) error {
	var users, keys []string
	wanted := b.wanted()
	for ref := range wanted {
		if b.found[ref] == nil && b.accounts[ref.user].ArchivedSeq > 0 {
			users, keys = append(users, ref.user), append(keys, ref.key)
		}
	}
	if len(users) == 0 {
		return nil
	}
	metArchive.Store(true)
	slices.Sort(users)
	var rows []Entry
	err := b.db.NewRaw("?", archived.Entries.Both("SELECT "+store.Columns[Entry](b.db, "t")+" FROM credits_trans AS t "+
		"WHERE t.user_uuid IN (?) AND t.op_key IN (?)", bun.List(slices.Compact(users)), bun.List(keys))).Scan(ctx, &rows)
	for i := range rows {
		if ref := (opRef{rows[i].UserUUID, rows[i].OpKey}); wanted[ref] {
			b.found[ref] = &rows[i]
		}
	}
	return err
}

// lockSteps returns which accounts one statement creates and locks: all of them, or one at a
// time if the router over shards would refuse several or lock them in parallel. One at a time,
// whoever waits holds only accounts that come earlier in the order, so there is no deadlock,
// which no shard would detect.
func (b *book) lockSteps() [][]string {
	if b.caps.LocksTogether() {
		return [][]string{b.users}
	}
	return slices.Collect(slices.Chunk(b.users, 1))
}

// lockable lists the users whose rows are to be locked. If locking a missing row would lock a
// gap, these are the users that peek has seen or ensure has created.
func (b *book) lockable(users []string) []string {
	if !b.snapshot {
		return users
	}
	return slices.DeleteFunc(slices.Clone(users), func(user string) bool {
		_, ok := b.versions[user]
		return !ok
	})
}

// lockRows locks accounts' rows in the given order.
func (b *book) lockRows(ctx context.Context, users []string) ([]Account, error) {
	if b.caps.IsMySQL() {
		return b.lockRowsMySQL(ctx, users)
	}
	var rows []Account
	if len(users) == 0 {
		return nil, nil
	}
	q := b.db.NewSelect().Model(&rows)
	if len(users) == 1 {
		q = q.Where("user_uuid = ?", users[0])
	} else {
		q = q.Where("user_uuid IN (?)", bun.List(users))
	}
	if b.caps.Engine == dialect.PostgreSQL && len(users) > 1 {
		q = q.OrderExpr("convert_to(user_uuid, 'UTF8')") // by bytes, as everybody's locks, whatever the database's locale
	}
	if b.caps.LocksRows() {
		q = q.For("UPDATE")
	}
	return rows, q.Scan(ctx)
}

// catchUp looks again, under the locks, at accounts that may have changed since peek. A
// caller's READ COMMITTED transaction then sees what others have written, including keys; one
// with a snapshot finds it by its numbers.
func (b *book) catchUp(ctx context.Context) error {
	if !b.current() {
		if err := b.peekAt(ctx, b.users); err != nil {
			return err
		}
	}
	if !b.snapshot {
		return nil
	}
	wanted := b.wanted()
	for _, user := range b.users {
		a := b.accounts[user]
		if a.Seq == 0 { // of an account without entries there is nothing to read
			continue
		}
		if err := b.lookBehind(ctx, a); err != nil {
			return err
		}
		for i := range a.missed {
			if ref := (opRef{user, a.missed[i].OpKey}); wanted[ref] {
				b.found[ref] = &a.missed[i]
			}
		}
	}
	return nil
}

// current reports whether plain reads have seen the accounts as they are locked. Every change
// to an account changes its version, so they then also see its current lots, holds and
// entries.
func (b *book) current() bool {
	for user, a := range b.accounts {
		seen, ok := b.versions[user]
		if !a.virtual && (!ok || seen != version{a.Seq, a.AsOfUs}) {
			return false
		}
	}
	return true
}

// ensure inserts missing accounts that an operation may create.
func (b *book) ensure(ctx context.Context, users []string) error {
	var rows []*Account
	for _, s := range b.specs {
		_, wanted := slices.BinarySearch(users, s.user)
		if _, ok := b.versions[s.user]; s.grants && wanted && !ok {
			b.versions[s.user] = version{}
			rows = append(rows, &Account{UserUUID: s.user, NextEventUs: column.Never})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(x, y *Account) int { return strings.Compare(x.UserUUID, y.UserUUID) })
	q := store.Insert(b.db, &rows)
	if b.caps.IsMySQL() {
		q = q.On("DUPLICATE KEY UPDATE seq = seq") // nothing; Vitess refuses to see user_uuid assigned
	} else {
		q = q.On("CONFLICT (user_uuid) DO NOTHING")
	}
	if _, err := q.Exec(ctx); err != nil || !b.snapshot {
		return err
	}
	return b.identify(ctx, rows)
}

func newAccount(b *book, row Account) *account {
	a := &account{
		Account: row, loaded: row, book: b,
		lots: map[int64]*lot{}, holds: map[int64]*hold{}, ops: map[string]*Operation{},
		frontier: burnRank{expires: -1},
		complete: row.Seq == 0, // no entries, no lots
	}
	a.seen = a.sight()
	return a
}

// newVirtualAccount represents a user without a row. It is empty, so anything that needs
// credits fails.
func newVirtualAccount(b *book, user string) *account {
	a := newAccount(b, Account{UserUUID: user, NextEventUs: column.Never})
	a.virtual, a.complete = true, true
	return a
}
