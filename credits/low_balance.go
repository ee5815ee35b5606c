package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// SetLowBalanceParams set an account's low-balance mark.
type SetLowBalanceParams struct {
	UserUUID string
	// Mark is in credits, up to 2^53: the balance is low while less than that can be
	// spent. 0 removes the mark.
	Mark int64
	// At is the moment of the balance, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// LowBalanceResult is an account's mark.
type LowBalanceResult struct {
	UserUUID string `json:"user_uuid"`
	Mark     int64  `json:"mark"`
	// Available can be spent now; Low says that it is less than the mark.
	Available int64     `json:"available"`
	Low       bool      `json:"low"`
	At        time.Time `json:"at,omitzero"`
}

// SetLowBalance sets an account's low-balance mark. From then on, an event of type
// events.TypeLowBalance is written whenever the available credits fall below the
// mark, whether by a charge, a hold, a claw-back, or a grant that expires and is
// swept. It is written in the same transaction, once per fall: the next event follows
// only after the available credits have been at or above the mark again. If the
// balance is low already, no event is written; the result says so.
//
// A charge that stays above the mark still takes one round trip; see docs/events.md.
// An account with a mark writes these events on any handle.
//
// Errors: *InvalidError; *NotFoundError when there is no such account; *ClockError;
// *dialect.Error.
func SetLowBalance(ctx context.Context, db bun.IDB, p SetLowBalanceParams) (*LowBalanceResult, error) {
	err := valid.First(
		checkAccount("UserUUID", p.UserUUID), valid.AmountOrZero("Mark", p.Mark), checkTime("At", p.At), checkAhead(p.MaxAhead),
	)
	if err != nil {
		return nil, err
	}
	var out *LowBalanceResult
	s := &spec{user: p.UserUUID, key: NewUserKey, at: nowOr(p.At), ahead: aheadOr(p.MaxAhead)}
	err = withBook(ctx, db, []*spec{s}, func(ctx context.Context, b *book) error {
		a, err := b.lockOne(ctx, s)
		if err != nil {
			return err
		}
		if s.refused != nil { // it would move the account into the future
			return s.refused
		}
		if a.virtual {
			return notFound(p.UserUUID, "account", "UserUUID", p.UserUUID)
		}
		if err := a.advance(ctx, s.at); err != nil {
			return err
		}
		if err := a.observe(nil); err != nil { // by the previous mark
			return err
		}
		a.LowMark = p.Mark
		out = &LowBalanceResult{
			UserUUID: p.UserUUID, Mark: p.Mark, Available: a.available(), Low: a.available() < p.Mark, At: column.Time(a.AsOfUs),
		}
		return b.flush(ctx)
	})
	if err != nil {
		return nil, dialect.Classify(err)
	}
	return out, nil
}

// lockOne locks the account of a book with a single one, with the lots that it may need.
func (b *book) lockOne(ctx context.Context, s *spec) (*account, error) {
	if err := b.peek(ctx); err != nil {
		return nil, err
	}
	return b.lockMore(ctx, s)
}
