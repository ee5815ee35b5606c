package credits

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/rows"
)

// within checks accounts inside the caller's transaction, whose reads may each
// see another moment. What looks like a breach is looked at again.
func (v *verifier) within(ctx context.Context, tx bun.Tx, users []string) error {
	var counted tally
	var suspects []string
	rd := newReader(tx, "", v.tick)
	err := rd.packs(ctx, users, func(user string) error {
		clean := true
		checked, err := v.account(ctx, rd, user, func(Breach) { clean = false })
		if clean {
			counted.add(checked)
		} else {
			suspects = append(suspects, user)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, user := range suspects {
		checked, err := v.again(ctx, tx, user)
		if err != nil {
			return err
		}
		counted.add(checked)
	}
	v.done(counted, users)
	return nil
}

// steadyTries bounds the attempts to read an account that keeps changing.
const steadyTries = 20

// again looks once more at an account that seems to have breaches: it has if it
// did not change while it was read. One that keeps changing is locked, and so is
// one that this transaction itself has changed on MySQL, whose view of it may
// be a mixture; it is locked already.
func (v *verifier) again(ctx context.Context, tx bun.Tx, user string) (tally, error) {
	for range steadyTries {
		before, err := readAccount(ctx, tx, user)
		if err != nil {
			return tally{}, err
		}
		if before.book.caps.IsMySQL() && sameTransaction(before.CallID, callWithin(tx)) {
			break
		}
		var found []Breach
		checked, err := v.alone(ctx, newReader(tx, "", v.tick), user, func(b Breach) { found = append(found, b) })
		if err != nil {
			return tally{}, err
		}
		after, err := readAccount(ctx, tx, user)
		if err != nil {
			return tally{}, err
		}
		if after.loaded == before.loaded {
			for _, b := range found {
				v.emit(b)
			}
			return checked, nil
		}
	}
	return v.locked(ctx, tx, user)
}

// locked checks one account under its lock.
func (v *verifier) locked(ctx context.Context, tx bun.Tx, user string) (tally, error) {
	for {
		b, err := lockAccount(ctx, tx, user, false)
		if err != nil {
			return tally{}, err
		}
		rd := newReader(b.db, b.lockingSuffix(), v.tick)
		if !b.accounts[user].virtual {
			return v.alone(ctx, rd, user, v.emit)
		}
		// There is no row to lock. If one appears meanwhile, what was read may
		// be of several moments.
		var found []Breach
		checked, err := v.alone(ctx, rd, user, func(b Breach) { found = append(found, b) })
		if err != nil {
			return tally{}, err
		}
		if again, err := lockAccount(ctx, tx, user, false); err != nil || again.accounts[user].virtual {
			for _, b := range found {
				v.emit(b)
			}
			return checked, err
		}
	}
}

// alone checks one account.
func (v *verifier) alone(ctx context.Context, rd *reader, user string, found func(Breach)) (tally, error) {
	var checked tally
	err := rd.packs(ctx, []string{user}, func(user string) (err error) {
		checked, err = v.account(ctx, rd, user, found)
		return err
	})
	return checked, err
}

// lockAccount locks a user's account as the ledger's operations do; create
// makes its row if there is none.
func lockAccount(ctx context.Context, tx bun.Tx, user string, create bool) (*book, error) {
	b := newBook(rows.Current(tx), []*spec{{user: user, grants: create}})
	if err := b.peek(ctx); err != nil {
		return nil, err
	}
	return b, b.lock(ctx)
}

// lockingSuffix makes reads see what is committed, in any isolation level. A
// REPEATABLE READ transaction on MySQL that has written to an account itself
// sees its own entries, but not those that others wrote just before them.
func (b *book) lockingSuffix() string {
	if b.caps.IsMySQL() {
		return " FOR UPDATE"
	}
	return ""
}
