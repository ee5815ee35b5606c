package credits

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// An account has two owners while the original application runs, which writes left_credits
// and rows of credits_trans without a seq. One comparison tells whether it has: the ledger's
// available credits are balance, minus what is held, plus the debt, and left_credits is the
// same unless somebody else changed it. The one-round-trip charge compares them in its
// WHERE; the general path takes over, under the account's lock, what has come since, and
// continues from there.
//
// If the ledger has no entry of an account yet, the balance that was shown counts. Later the
// rows count: the original reads left_credits, computes, and writes, so its number may be
// older than a charge of ours that it overwrites.

// takeover brings an account's foreign rows and left_credits into the ledger.
type takeover struct {
	*account
	rows []foreignRow
	// at is when it happens, and limit the latest time that a row may have.
	at, limit int64
	// letGo drops credits that were shown although their rows have expired; rowsCount
	// counts the rows of an account without an account row.
	letGo, rowsCount bool
	// counted means that total_credits includes what the rows granted.
	counted bool

	shown, sum int64
	// said is the sum of the rows with which the balance is compared, without those whose
	// number is still to come.
	said        int64
	times       map[int64]int64
	taken       map[string]bool // keys
	booked      []int64
	corrections []Correction
}

// drift is the difference between left_credits and what the ledger knows.
func (a *Account) drift() int64 {
	return a.LeftCredits - (a.Balance - a.HeldCredits + a.DebtCredits)
}

// watchGap marks an account for which a row may still come: its row is stale as soon as it
// is written, so the next verb takes the general path and checks.
const watchGap = 1

func (a *Account) watched() bool { return a.Seq > 0 && a.NextEventUs == a.AsOfUs+watchGap }

// suspect reports whether the account may have something to take over.
func (a *account) suspect() bool {
	return !a.virtual && (a.loaded.Seq == 0 || a.loaded.drift() != 0 || a.loaded.watched())
}

// takeOver takes over what other programs did on the book's accounts.
func (b *book) takeOver(ctx context.Context) error {
	var users []string
	for _, user := range b.users {
		if b.accounts[user].suspect() {
			users = append(users, user)
		}
	}
	if len(users) == 0 {
		return nil
	}
	rows, err := b.foreignRows(ctx, users)
	if err != nil {
		return err
	}
	for _, user := range users {
		t := newTakeover(b.accounts[user], rows[user], b.timeFor(user))
		if err := t.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// timeFor is the time of the first operation on an account.
func (b *book) timeFor(user string) int64 {
	for _, s := range b.specs {
		if s.user == user {
			return s.at
		}
	}
	return b.clock
}

func newTakeover(a *account, rows []foreignRow, at int64) *takeover {
	t := &takeover{
		account: a, rows: rows, at: at, limit: max(a.book.clock, a.AsOfUs, at), shown: a.loaded.LeftCredits,
		counted: a.loaded.TotalCredits != 0, taken: map[string]bool{}, times: map[int64]int64{},
	}
	last := int64(1)
	for i := range rows { // one without a time is as old as the row before it
		if rows[i].Us != nil {
			last = max(*rows[i].Us, 1)
		}
		t.times[rows[i].ID] = last
		t.sum += rows[i].Credits
	}
	t.said = t.sum
	slices.SortStableFunc(t.rows, func(x, y foreignRow) int { return cmp.Compare(t.timeOf(&x), t.timeOf(&y)) })
	return t
}

func (t *takeover) timeOf(row *foreignRow) int64 { return t.times[row.ID] }

// run plans it in memory.
func (t *takeover) run(ctx context.Context) error {
	a := t.account
	before := a.Account
	if err := t.knownKeys(ctx); err != nil {
		return err
	}
	a.LeftCredits = a.available()
	var err error
	if a.Seq == 0 {
		err = t.first(ctx)
	} else {
		err = t.later(ctx)
	}
	if err != nil {
		return err
	}
	a.book.took = a.book.took || a.Seq != before.Seq || a.LeftCredits != before.LeftCredits
	return a.fits(ctx, &before, 0)
}

// first takes over an account without entries: history becomes grants and charges, and what
// was shown counts. The number of a row of the last minutes may still be to come; see
// adopt_first.go.
func (t *takeover) first(ctx context.Context) error {
	if len(t.rows) == 0 && t.shown == 0 {
		return nil
	}
	if err := t.bookShown(ctx); err != nil {
		return err
	}
	a := t.account
	if err := a.advance(ctx, t.at); err != nil {
		return err
	}
	if t.rowsCount {
		return nil
	}
	off := t.shown - (a.available() - a.DebtCredits)
	t.watch = off != 0 && t.shown != t.said
	if expired := min(max(off, 0), a.ExpiredCredits); expired > 0 {
		off -= expired
		if !t.letGo {
			if err := t.correct(ctx, expired, AdoptionExpired, nil); err != nil {
				return err
			}
		}
	}
	why := AdoptionAbove
	if off < 0 {
		why = AdoptionBelow
	}
	if off != 0 {
		if err := t.correct(ctx, off, why, nil); err != nil {
			return err
		}
	}
	return t.settleRows(ctx)
}

// later takes over what came since. Rows that explain the change of left_credits are posted;
// adopt_race.go deals with the rest.
func (t *takeover) later(ctx context.Context) error {
	moved := t.loaded.drift()
	if moved != 0 {
		if rows := explaining(t.rows, moved); rows != nil {
			if err := t.bookAll(ctx, rows, false); err != nil {
				return err
			}
			t.watch = t.loaded.watched()
			return t.settleRows(ctx)
		}
	}
	recent, err := t.recent(ctx)
	if err != nil {
		return err
	}
	switch {
	case moved == 0 && len(t.rows) == 0:
		t.watch = len(recent.unexplained()) > 0
		return nil
	case moved == 0:
		return t.explainLate(ctx, recent)
	case len(t.rows) > 0:
		return t.overwritten(ctx, recent)
	default:
		return t.unexplained(ctx, recent, moved)
	}
}

func (t *takeover) bookAll(ctx context.Context, rows []foreignRow, early bool) error {
	for i := range rows {
		if err := t.bookRow(ctx, &rows[i], early); err != nil {
			return err
		}
	}
	return nil
}

// knownKeys finds out which of the library's own keys the account has used.
func (t *takeover) knownKeys(ctx context.Context) error {
	if t.Seq == 0 {
		return nil
	}
	var keys []string
	for i := range t.rows {
		if key := t.ownKey(&t.rows[i]); key != "" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var used []string
	err := t.book.db.NewRaw("?", t.history("SELECT op_key FROM credits_trans WHERE user_uuid = ? AND op_key IN (?)",
		t.UserUUID, bun.List(keys))).Scan(ctx, &used)
	for _, key := range used {
		t.taken[key] = true
	}
	for i := range t.missed {
		t.taken[t.missed[i].OpKey] = true
	}
	return err
}
