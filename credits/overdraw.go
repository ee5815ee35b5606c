package credits

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/alongside"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// OverdrawParams describe a charge that may take an account into debt.
type OverdrawParams struct {
	// Charge describes the charge.
	Charge ChargeParams
	// MaxDebt is the most that the account may owe afterwards, in credits, required.
	// Existing debt of any kind counts.
	MaxDebt int64
	// PerCharge is the most that this charge may add to the debt; 0 means that only
	// MaxDebt limits it.
	PerCharge int64
}

// Overdraw charges an account even beyond its balance: the shortfall becomes debt,
// which the next grants pay first. A charge that fits is a plain [Charge] and costs
// no more. The limits hold exactly under concurrent charges.
//
// The shortfall is lent. In one transaction, the credits are granted as type
// [TypeOverdraft], on top of what the account already owed, are spent, and are clawed
// back as debt. So all rules of charges, refunds and debts apply: a [Refund] of the
// charge pays the debt, and whatever part of it has been paid meanwhile can be spent
// again. Lent credits count in total_credits, and in statistics as granted and taken
// back.
//
// Errors: *InvalidError; *InsufficientError, whose Have is what the account could have
// spent, debt included; *BudgetError and *NotFoundError for the charge's Budgets;
// *KeyReusedError; *LimitError; *dialect.Error, after which nothing is stored unless it
// matches [dialect.ErrOutcomeUnknown].
func Overdraw(ctx context.Context, db bun.IDB, p OverdrawParams) (*Operation, error) {
	began := time.Now()
	op, kind, err := p.run(ctx, db)
	if o := observerOf(db); o != nil && !errors.Is(err, alongside.ErrNotCarried) {
		observe(ctx, o, db, began, kind, op, err) // one charge, whichever path it took
	}
	return op, err
}

// run is the verb; kind is empty if its params are refused.
func (p OverdrawParams) run(ctx context.Context, db bun.IDB) (op *Operation, kind Kind, err error) {
	err = valid.First(valid.Amount("MaxDebt", p.MaxDebt), valid.AmountOrZero("PerCharge", p.PerCharge))
	if err != nil {
		return nil, "", err
	}
	s, err := specOf(ctx, p.Charge)
	if err != nil {
		return nil, "", err
	}
	p.Charge.Key = s.key // a generated one is the same in both attempts
	op, err = s.run(ctx, db)
	if errors.Is(err, ErrInsufficient) && !dialectFailed(err) {
		op, err = p.beyond(ctx, db)
	}
	return op, s.kind, err
}

// beyond runs the charge on the general path, into debt if necessary.
func (p OverdrawParams) beyond(ctx context.Context, db bun.IDB) (op *Operation, err error) {
	s, err := specOf(ctx, p.Charge)
	if err != nil {
		return nil, err
	}
	s.grants = p.begins()
	err = withBook(ctx, db, []*spec{s}, func(ctx context.Context, b *book) error {
		if err := b.peek(ctx); err != nil {
			return err
		}
		a, err := b.lockMore(ctx, s)
		if err != nil {
			return err
		}
		var wrote bool
		if op, wrote, err = p.perform(ctx, a, s); err != nil || !wrote {
			return err
		}
		return b.flush(ctx)
	})
	if err != nil {
		return nil, dialect.Classify(err)
	}
	return op, nil
}

// begins reports whether the charge may be an account's first operation: it fits the limits of an
// empty account, and no budget refuses it. Otherwise no row is created for an account without
// one.
func (p OverdrawParams) begins() bool {
	return p.Charge.Amount <= p.room(0) && len(p.Charge.Budgets) == 0
}

// room returns by how much the charge may increase the debt.
func (p OverdrawParams) room(debt int64) int64 {
	room := max(p.MaxDebt-debt, 0)
	if p.PerCharge > 0 {
		room = min(room, p.PerCharge)
	}
	return room
}

// dialectFailed reports whether err says that the database failed.
func dialectFailed(err error) bool {
	_, failed := errors.AsType[*dialect.Error](err)
	return failed
}

// perform lends what is missing under the account's lock, charges and claws back.
func (p OverdrawParams) perform(ctx context.Context, a *account, s *spec) (op *Operation, wrote bool, err error) {
	b := a.book
	if a.virtual && s.refused == nil {
		if err := p.allows(a, p.Charge.Amount); err != nil {
			return nil, false, err
		}
	}
	if a.virtual || s.refused != nil || b.found[opRef{s.user, s.key}] != nil {
		op, err = b.perform(ctx, s)
		return op, false, err
	}
	if err := a.advance(ctx, s.at); err != nil {
		return nil, false, err
	}
	short := p.Charge.Amount - a.available()
	if short <= 0 { // credits have been granted in the meantime
		op, err = b.perform(ctx, s)
		return op, err == nil, err
	}
	if err := p.allows(a, short); err != nil {
		return nil, false, err
	}
	if _, err := a.within(ctx, p.Charge.Budgets, p.Charge.Amount); err != nil {
		return nil, false, err
	}
	op, err = p.lend(ctx, a, s, short)
	return op, err == nil, err
}

// allows checks the limits.
func (p OverdrawParams) allows(a *account, short int64) error {
	room := p.room(a.DebtCredits)
	if short > room {
		return &InsufficientError{UserUUID: a.UserUUID, Need: p.Charge.Amount, Have: a.available() + room}
	}
	return nil
}

// lend executes the three operations. Events report only their outcome.
func (p OverdrawParams) lend(ctx context.Context, a *account, s *spec, short int64) (*Operation, error) {
	lent := short + a.DebtCredits // new credits pay the debt first, and the claw-back makes it owed again
	at, ahead := p.Charge.At, p.Charge.MaxAhead
	grant := GrantParams{
		UserUUID: s.user, Amount: lent, Type: TypeOverdraft, Key: ledgerkey.Of("chameleon:overdraft", s.key),
		OrderNo: p.Charge.OrderNo, GenID: p.Charge.GenID, At: at, MaxAhead: ahead,
	}
	claw := ClawBackParams{
		UserUUID: s.user, GrantKey: grant.Key, Total: lent, Policy: PolicyDebt, Key: ledgerkey.Of("chameleon:overdrawn", s.key),
		OrderNo: p.Charge.OrderNo, At: at, MaxAhead: ahead,
	}
	a.quiet = true
	defer func() { a.quiet = false }()
	if err := a.book.performOwn(ctx, grant); err != nil {
		return nil, err
	}
	op, err := a.book.perform(ctx, s)
	if err != nil {
		return nil, abandoned{err}
	}
	if err := a.book.performOwn(ctx, claw); err != nil {
		return nil, abandoned{err}
	}
	return op, nil
}

// performOwn executes an operation of the verb's own.
func (b *book) performOwn(ctx context.Context, op Op) error {
	s, err := op.spec()
	if err != nil {
		return err
	}
	_, err = b.perform(ctx, s)
	return err
}

// lockMore is lockOne after a peek.
func (b *book) lockMore(ctx context.Context, s *spec) (*account, error) {
	for _, step := range []func(context.Context) error{b.checkClocks, b.lock, b.prefetch, b.takeOver} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return b.accounts[s.user], nil
}
