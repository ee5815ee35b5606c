package audit

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/dialect"
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

// readTries bounds the attempts to read an account that keeps changing.
const readTries = 20

// again looks once more at an account that seems to have breaches: it has if it
// did not change while it was read. One that keeps changing is locked, and so is
// one that this transaction itself has changed on MySQL, whose view of it may
// be a mixture; it is locked already.
func (v *verifier) again(ctx context.Context, tx bun.Tx, user string) (tally, error) {
	for range readTries {
		before, err := readAccount(ctx, tx, user)
		if err != nil {
			return tally{}, err
		}
		if dialect.Of(tx).IsMySQL() && before != nil && store.SameTransaction(before.CallID, store.CallWithin(tx)) {
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
		if same(before, after) {
			v.emitAll(found)
			return checked, nil
		}
	}
	return v.locked(ctx, tx, user)
}

// same reports whether an account's row is as it was, or is still not there.
func same(before, after *credits.Account) bool {
	if before == nil || after == nil {
		return before == after
	}
	return *before == *after
}

// locked checks one account under its lock.
func (v *verifier) locked(ctx context.Context, tx bun.Tx, user string) (tally, error) {
	for {
		row, err := lockAccount(ctx, tx, user)
		if err != nil {
			return tally{}, err
		}
		rd := newReader(rows.Current(tx), lockingSuffix(tx), v.tick)
		if row != nil {
			return v.alone(ctx, rd, user, v.emit)
		}
		// There is no row to lock. If one appears meanwhile, what was read may
		// be of several moments.
		var found []Breach
		checked, err := v.alone(ctx, rd, user, func(b Breach) { found = append(found, b) })
		if err != nil {
			return tally{}, err
		}
		if row, err = lockAccount(ctx, tx, user); err != nil || row == nil {
			v.emitAll(found)
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
