package credits

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// resetTarget is the target of every reset, by which an account's resets are found. No operation
// has this number.
const resetTarget = -1

// ResetClockParams name an account whose time is in the future.
type ResetClockParams struct {
	UserUUID string
	// Key is the idempotency key; see ChargeParams.
	Key string
	// Metadata is any JSON object up to 16 KiB, such as who and why.
	Metadata map[string]any
}

// ResetClock sets the time of an account that is ahead of the database's clock
// back to that clock, after a machine with a wrong clock swept it or wrote to it.
// Grants that expired only because of the wrong clock hold their remaining
// credits again. History is appended to, not changed: operations keep their
// recorded times, and count as having happened before the reset. [BalanceAt] for
// a moment before the reset returns what it did.
//
// Everything else stays: charges stand, and a hold that timed out has ended,
// its credits returned to their grants. [ListAhead] finds such accounts.
//
// Errors: *InvalidError; *NotFoundError when there is no such account;
// *NotAheadError when its time is not ahead; *LimitError when what comes back
// would pass what left_credits can hold; *KeyReusedError; *dialect.Error.
func ResetClock(ctx context.Context, db bun.IDB, p ResetClockParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p ResetClockParams) spec() (*spec, error) {
	s, err := newSpec(p, KindClockReset, common{user: p.UserUUID, key: p.Key, metadata: p.Metadata, maxAhead: AnyTime})
	if err != nil {
		return nil, err
	}
	s.at = 0 // the database's clock decides
	return s, nil
}

func (p ResetClockParams) apply(ctx context.Context, a *account, b *builder) error {
	now := a.book.clock
	switch {
	case a.virtual:
		return notFound(p.UserUUID, "account", "UserUUID", p.UserUUID)
	case a.AsOfUs <= now:
		return &NotAheadError{UserUUID: p.UserUUID, At: column.Time(a.AsOfUs), Now: column.Time(now)}
	}
	lots, err := a.book.ended(ctx, a, now)
	if err != nil {
		return err
	}
	b.data.FromUs, b.header.TargetSeq = a.AsOfUs, resetTarget
	a.AsOfUs = now
	for _, l := range lots {
		a.revive(l)
	}
	a.post(b, a.debt(), TypeClockReset, 0, 0)
	return nil
}

// ended reads the lots with a remainder that have expired by the account's time but not by time at.
func (b *book) ended(ctx context.Context, a *account, at int64) ([]*lot, error) {
	var rows []Lot
	err := b.db.NewRaw("SELECT "+store.Columns[Lot](b.db, "l")+" FROM credits_lots AS l "+
		"WHERE user_uuid = ? AND expires_us > ? AND expires_us <= ?", a.UserUUID, at, a.AsOfUs).Scan(ctx, &rows)
	if err == nil && a.behind {
		rows, err = b.reread(ctx, a, rows)
	}
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		a.adopt(row)
	}
	var lots []*lot
	for _, l := range a.lots {
		if !l.Live && l.ExpiresUs > at && l.ExpiresUs <= a.AsOfUs && l.Free+l.Held > 0 {
			lots = append(lots, l)
		}
	}
	return lots, nil
}

// revive adds a lot to the account's sums again: the reverse of expire.
func (a *account) revive(l *lot) {
	l.Live = true
	a.Balance += l.Free + l.Held
	a.HeldCredits += l.Held
	a.LeftCredits += l.Free
	a.ExpiredCredits -= l.Free + l.Held
	a.NextEventUs = min(a.NextEventUs, l.ExpiresUs)
	a.enqueue(l)
}

// NotAheadError says that an account's time is not ahead of the database's clock,
// so there is nothing to reset. Nothing was written.
type NotAheadError struct {
	UserUUID string
	// At is the account's time, Now the database's, both UTC.
	At, Now time.Time
}

func (e *NotAheadError) Error() string {
	return fmt.Sprintf("account %s: its time, %s, is not ahead of the database's clock", shown.Text(e.UserUUID), e.At.Format(time.RFC3339))
}

// Is matches ErrNotAhead.
func (e *NotAheadError) Is(target error) bool { return target == ErrNotAhead }
