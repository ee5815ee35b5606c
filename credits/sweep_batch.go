package credits

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shards"
)

// sweep brings accounts up to date in one transaction. If it fails by one of
// them, each is done in a transaction of its own, and set aside where that fails.
// Over shards each has one of its own anyway: a commit of several shards may be
// done in part.
func (s *sweeper) sweep(ctx context.Context, users []string) error {
	if !s.caps.LocksTogether() {
		return s.sweepEach(ctx, users)
	}
	err := s.attempt(ctx, users)
	if err == nil || !rows.OneItem(ctx, s.db, err) {
		return err
	}
	return s.sweepEach(ctx, users)
}

func (s *sweeper) sweepEach(ctx context.Context, users []string) error {
	for _, user := range users {
		err := s.attempt(ctx, []string{user})
		switch {
		case err == nil:
		case !rows.OneItem(ctx, s.db, err):
			return err
		default:
			s.setAside(user, err)
		}
	}
	return nil
}

// sweptBatch is what one transaction did.
type sweptBatch struct {
	ExpireDueResult
	locked []string
}

// attempt sweeps accounts in one transaction, which writes all or nothing.
func (s *sweeper) attempt(ctx context.Context, users []string) error {
	var done sweptBatch
	err := rows.Briefly(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		done = sweptBatch{}
		return s.sweepIn(ctx, tx, users, &done)
	})
	if err != nil {
		return err
	}
	s.locked = append(s.locked, done.locked...)
	s.out.Accounts += done.Accounts
	s.out.Expired += done.Expired
	s.out.HoldsTimedOut += done.HoldsTimedOut
	s.out.SetAside = append(s.out.SetAside, done.SetAside...)
	return nil
}

// sweepIn sweeps the accounts that are not locked.
func (s *sweeper) sweepIn(ctx context.Context, tx bun.Tx, users []string, done *sweptBatch) error {
	if len(users) > 1 {
		ctx = shards.Across(ctx)
	}
	specs := make([]*spec, 0, len(users))
	for _, user := range slices.Sorted(slices.Values(users)) {
		free, err := s.lockNow(ctx, tx, user)
		if err != nil {
			return err
		}
		if free {
			specs = append(specs, &spec{user: user, key: NewUserKey})
		} else if err := s.putOff(ctx, tx, user, done); err != nil {
			return err
		}
	}
	if len(specs) == 0 {
		return nil
	}
	b := newBook(rows.Current(tx), specs)
	if s.callers {
		b.within(tx)
	}
	for _, step := range []func(context.Context) error{b.peek, b.lock, b.prefetch} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	b.users = slices.DeleteFunc(b.users, func(user string) bool { return b.accounts[user].virtual })
	for _, user := range slices.Clone(b.users) {
		if err := s.advance(ctx, b, user, done); err != nil {
			return err
		}
	}
	return b.flush(ctx)
}

// lockNow locks an account's row if nobody else has. TiDB ignores SKIP LOCKED
// without a word, and PostgreSQL's NOWAIT would abort the transaction.
func (s *sweeper) lockNow(ctx context.Context, tx bun.Tx, user string) (bool, error) {
	if !s.caps.LocksRows() {
		return true, nil
	}
	suffix := " FOR UPDATE SKIP LOCKED"
	if s.caps.IsMySQL() {
		suffix = " FOR UPDATE NOWAIT"
	}
	var found []int64
	err := rows.Current(tx).NewRaw("SELECT seq FROM credits WHERE user_uuid = ?"+suffix, user).Scan(ctx, &found)
	if s.caps.IsMySQL() && rows.LockTimeout(dialect.Classify(err)) {
		return false, nil
	}
	return len(found) > 0, err
}

// putOff notes an account that is locked, unless others have just swept it.
func (s *sweeper) putOff(ctx context.Context, tx bun.Tx, user string, done *sweptBatch) error {
	var still []int64
	err := tx.NewRaw("SELECT seq FROM credits WHERE user_uuid = ? AND next_event_us <= ?", user, s.at).Scan(ctx, &still)
	if len(still) > 0 {
		done.locked = append(done.locked, user)
	}
	return err
}

// advance brings an account to the sweep's time in memory. One whose state is
// broken is taken out of the book, and nothing of it is written.
func (s *sweeper) advance(ctx context.Context, b *book, user string, done *sweptBatch) error {
	a := b.accounts[user]
	err := a.advance(ctx, s.at)
	if err == nil {
		err = a.consistent(ctx)
	}
	if errors.Is(err, ErrCorrupt) || errors.Is(err, ErrLimit) {
		done.SetAside = append(done.SetAside, AccountError{UserUUID: user, Err: err})
		b.users = slices.DeleteFunc(b.users, func(u string) bool { return u == user })
		return nil
	}
	if err != nil {
		return err
	}
	expired, ended := a.ExpiredCredits-a.loaded.ExpiredCredits, a.loaded.ActiveHolds-a.ActiveHolds
	if expired != 0 || ended != 0 {
		done.Accounts++
	}
	done.Expired += expired
	done.HoldsTimedOut += ended
	return nil
}

// consistent checks what is in memory for signs that the account's rows were not right
// to begin with.
func (a *account) consistent(ctx context.Context) error {
	if a.available() < 0 || a.HeldCredits < 0 || a.DebtCredits < 0 || a.ActiveHolds < 0 {
		return errBroken(a.UserUUID, "its sums do not fit its grants and holds")
	}
	for _, l := range a.lots {
		if l.Free < 0 || l.Held < 0 {
			return errBroken(a.UserUUID, "less than nothing is left of a grant")
		}
	}
	return a.fits(ctx, &a.loaded, 0)
}
