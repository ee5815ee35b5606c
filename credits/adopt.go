package credits

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
)

// AdoptParams name an account that the original application maintains, and say
// how to resolve what its rows leave open.
type AdoptParams struct {
	UserUUID string
	// DropExpired drops credits that left_credits showed although the rows that
	// granted them have expired. Otherwise they are kept, without an expiry.
	DropExpired bool
	// RowsCount trusts the rows of a user who has no account row. Otherwise such a
	// user has nothing, which is what the original application shows.
	RowsCount bool
	// DryRun reports what would be written, and writes nothing.
	DryRun bool
}

// AdoptedAccount is what was taken over for an account, in credits.
type AdoptedAccount struct {
	UserUUID string `json:"user_uuid"`
	// Shown is left_credits as the original had it, 0 without an account row.
	Shown int64 `json:"shown"`
	// Rows is the number of rows outside the ledger, and Sum their sum. Taken is
	// how many of them became entries.
	Rows  int64 `json:"rows"`
	Sum   int64 `json:"sum"`
	Taken int64 `json:"taken"`
	// Available and Debt are the balance afterwards.
	Available int64 `json:"available"`
	Debt      int64 `json:"debt"`
	// Corrections are the entries of [TypeAdoption].
	Corrections []Correction `json:"corrections,omitempty"`
}

// Correction is an entry that reconciles the balance another program kept with
// the sum of its rows.
type Correction struct {
	// Amount is what was granted, or taken where it is negative.
	Amount int64 `json:"amount"`
	// Reason says why.
	Reason AdoptionReason `json:"reason"`
}

// Adopt takes over what another program wrote to an account. Any verb that touches
// the account does the same, but Adopt also finds rows of a user who has no account
// row. Calling it again does nothing more. It makes no account for a user without
// rows.
//
// Errors: *InvalidError; *LimitError when an adopted column of 32 bits does not
// hold a sum; *CollationError; *dialect.Error.
func Adopt(ctx context.Context, db bun.IDB, p AdoptParams) (*AdoptedAccount, error) {
	if err := checkAccount("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	if p.DryRun {
		out, err := p.preview(ctx, db)
		return out, dialect.Classify(err)
	}
	rows, err := newBook(db, nil).foreignRows(ctx, []string{p.UserUUID})
	if err != nil {
		return nil, dialect.Classify(err)
	}
	var out *AdoptedAccount
	s := &spec{user: p.UserUUID, at: nowUs(), grants: len(rows[p.UserUUID]) > 0}
	err = withBook(ctx, db, []*spec{s}, func(ctx context.Context, b *book) (err error) {
		out, err = p.adopt(ctx, b, s.at)
		return err
	})
	return out, err
}

func (p AdoptParams) adopt(ctx context.Context, b *book, at int64) (*AdoptedAccount, error) {
	if err := b.peek(ctx); err != nil {
		return nil, err
	}
	_, seen := b.versions[p.UserUUID]
	for _, step := range []func(context.Context) error{b.lock, b.prefetch} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	a := b.accounts[p.UserUUID]
	if a.virtual {
		return &AdoptedAccount{UserUUID: p.UserUUID}, nil
	}
	a.founded = !seen
	rows, err := b.foreignRows(ctx, b.users)
	if err != nil {
		return nil, err
	}
	out, err := p.run(ctx, newTakeover(a, rows[p.UserUUID], at))
	if err != nil || !b.took {
		return out, err
	}
	return out, b.flush(ctx)
}

func (p AdoptParams) run(ctx context.Context, t *takeover) (*AdoptedAccount, error) {
	t.letGo = p.DropExpired
	t.rowsCount = p.RowsCount && t.founded
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	return &AdoptedAccount{
		UserUUID: p.UserUUID, Shown: t.shown, Rows: int64(len(t.rows)), Sum: t.sum, Taken: int64(len(t.booked)),
		Available: t.available(), Debt: t.DebtCredits, Corrections: t.corrections,
	}, nil
}

func (p AdoptParams) preview(ctx context.Context, db bun.IDB) (*AdoptedAccount, error) {
	a, err := readAccount(ctx, db, p.UserUUID)
	if err != nil {
		return nil, err
	}
	if a.virtual { // as if it had been created
		a = newAccount(a.book, Account{UserUUID: p.UserUUID, NextEventUs: column.Never})
		a.founded = true
	}
	a.book.accounts[p.UserUUID] = a
	if err := a.book.prefetch(ctx); err != nil {
		return nil, err
	}
	rows, err := a.book.foreignRows(ctx, []string{p.UserUUID})
	if err != nil {
		return nil, err
	}
	return p.run(ctx, newTakeover(a, rows[p.UserUUID], nowUs()))
}
