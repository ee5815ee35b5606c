package credits

import (
	"context"
	"errors"
	"math"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/width"
)

// maxSum limits the sums of an account, so that the sum of two never overflows. A single amount
// is at most 2^53.
const maxSum = 1 << 62

// sum is a number of an account's row before and after an operation.
type sum struct {
	name      string
	was, is   int64
	adoptable bool // its column may be an adopted 32-bit one
	unlimited bool
}

func (a *account) sums(before *Account) []sum {
	return []sum{
		{name: "total_credits", was: before.TotalCredits, is: a.TotalCredits, adoptable: true, unlimited: true},
		{name: "left_credits", was: before.LeftCredits, is: a.LeftCredits, adoptable: true},
		{name: "balance", was: before.Balance, is: a.Balance},
		{name: "held_credits", was: before.HeldCredits, is: a.HeldCredits},
		{name: "debt_credits", was: before.DebtCredits, is: a.DebtCredits},
		{name: "expired_credits", was: before.ExpiredCredits, is: a.ExpiredCredits},
	}
}

// refused returns the sum's *LimitError, with the limit that it passes.
func (s sum) refused(user string, least, most int64, why error) error {
	limit := &LimitError{UserUUID: user, Sum: s.name, Have: s.was, Add: s.is - s.was, Max: most, Err: why}
	if s.is < least {
		limit.Max = least
	}
	return limit
}

// fits checks that the columns can hold the account's changes since before, and the entries to be
// written from the given one on. An account that is already past a limit, because other programs
// wrote to it, may move back.
func (a *account) fits(ctx context.Context, before *Account, from int) error {
	for _, s := range a.sums(before) {
		if !s.unlimited && (s.is > max(s.was, maxSum) || s.is < min(s.was, -maxSum)) {
			return s.refused(a.UserUUID, -maxSum, maxSum, nil)
		}
		if s.adoptable && s.is != s.was && !width.In32Bits(s.is) {
			if err := a.fitsColumn(ctx, s, (*Account)(nil)); err != nil {
				return err
			}
		}
	}
	for _, e := range a.entries[from:] {
		for _, s := range []sum{{name: "credits", is: e.Credits}, {name: "held", is: e.Held}} {
			if width.In32Bits(s.is) {
				continue
			}
			if err := a.fitsColumn(ctx, s, (*Entry)(nil)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fitsColumn checks a number beyond 32 bits against its column.
func (a *account) fitsColumn(ctx context.Context, s sum, model any) error {
	columns, err := a.book.columns(ctx, model)
	if err != nil {
		return err
	}
	err = columns.Check(s.name, s.is)
	if narrow := (*dialect.NarrowColumnError)(nil); errors.As(err, &narrow) {
		return s.refused(a.UserUUID, narrow.Min, narrow.Max, narrow)
	}
	return err
}

// columns reads which columns of a model's table are narrow, once per book.
func (b *book) columns(ctx context.Context, model any) (*width.Columns, error) {
	if known := b.narrow[model]; known != nil {
		return known, nil
	}
	columns, err := width.Of(ctx, b.db, model)
	if err == nil {
		b.narrow[model] = columns
	}
	return columns, err
}

// nearLimits reports whether an operation that grants this much, or nothing, may have to be undone
// because of the resulting sums: if they are near the limit of 32 bits, or if other programs
// wrote left_credits.
func (a *account) nearLimits(granted int64) bool {
	const near = math.MaxInt32 / 2
	return a.LeftCredits != a.available() || granted > near ||
		max(a.TotalCredits, a.Balance, a.HeldCredits, a.DebtCredits, a.ExpiredCredits) > near
}

// abandoned is a refusal of an operation that cannot be undone in memory: its whole book is
// discarded without writing anything.
type abandoned struct{ error }

func (s abandoned) Unwrap() error { return s.error }
