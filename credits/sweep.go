package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultSweepLimit and MaxSweepLimit bound the accounts of one sweep.
const (
	DefaultSweepLimit = 500
	MaxSweepLimit     = 10_000
	// sweepBatch is how many accounts one transaction locks.
	sweepBatch = 50
)

// ExpireParams ask for a sweep.
type ExpireParams struct {
	// At is the moment up to which to sweep, zero for now.
	At time.Time
	// Limit is how many accounts to bring up to date at most; 0 means
	// DefaultSweepLimit, and MaxSweepLimit is the maximum.
	Limit int
}

// ExpireResult tells what a sweep did.
type ExpireResult struct {
	// Accounts were brought up to date.
	Accounts int
	// Expired is what their expiring grants still held, in credits.
	Expired int64
	// HoldsTimedOut is how many holds ended.
	HoldsTimedOut int64
	// More is true when the limit was reached: call again.
	More bool
}

// ExpireDue brings stored balances in line with the clock: it takes expired
// grants out of them and ends holds that have timed out. Reads and charges are
// exact without it; it keeps the stored left_credits true for others who read
// that column, and may run any number of times, concurrently, or never.
//
// It works in batches, each in a transaction of its own unless db is a
// bun.Tx.
//
// Errors: *InvalidError; *dialect.Error, and then what earlier batches did
// stays.
func ExpireDue(ctx context.Context, db bun.IDB, p ExpireParams) (*ExpireResult, error) {
	if p.Limit < 0 || p.Limit > MaxSweepLimit {
		return nil, valid.Failf("Limit", "%d is not between 0 and %d", p.Limit, MaxSweepLimit)
	}
	if err := checkTime("At", p.At); err != nil {
		return nil, err
	}
	if p.Limit == 0 {
		p.Limit = DefaultSweepLimit
	}
	at, out := nowOr(p.At), &ExpireResult{}
	for out.Accounts < p.Limit {
		users, err := dueAccounts(ctx, db, at, min(sweepBatch, p.Limit-out.Accounts))
		if err != nil {
			return out, dialect.Classify(err)
		}
		if len(users) == 0 {
			return out, nil
		}
		if err := sweep(ctx, db, users, at, out); err != nil {
			return out, err
		}
	}
	users, err := dueAccounts(ctx, db, at, 1)
	out.More = len(users) > 0
	return out, dialect.Classify(err)
}

// dueAccounts lists accounts whose stored state has become old by time at.
// Rows that the ledger never touched say 0 and have nothing due.
func dueAccounts(ctx context.Context, db bun.IDB, at int64, limit int) ([]string, error) {
	var users []string
	err := db.NewRaw("SELECT user_uuid FROM credits WHERE next_event_us > 0 AND next_event_us <= ? "+
		"ORDER BY next_event_us LIMIT ?", at, limit).Scan(ctx, &users)
	return users, err
}

// sweep brings accounts to time at in one transaction.
func sweep(ctx context.Context, db bun.IDB, users []string, at int64, out *ExpireResult) error {
	specs := make([]*spec, len(users))
	for i, user := range users {
		specs[i] = &spec{user: user, key: NewUserKey}
	}
	var batch ExpireResult
	err := withBook(ctx, db, specs, func(ctx context.Context, b *book) error {
		batch = ExpireResult{}
		for _, step := range []func(context.Context) error{b.peek, b.lock, b.prefetch} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		for _, a := range b.accounts {
			if err := a.advance(ctx, at); err != nil {
				return err
			}
			batch.Accounts++
			batch.Expired += a.ExpiredCredits - a.loaded.ExpiredCredits
			batch.HoldsTimedOut += a.loaded.ActiveHolds - a.ActiveHolds
		}
		return b.flush(ctx)
	})
	if err != nil {
		return err
	}
	out.Accounts += batch.Accounts
	out.Expired += batch.Expired
	out.HoldsTimedOut += batch.HoldsTimedOut
	return nil
}
