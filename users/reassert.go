package users

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// grantWelcome grants the welcome credits that a user was given at sign-up, or
// finds them granted.
func (u *User) grantWelcome(ctx context.Context, tx bun.Tx) (*credits.Operation, error) {
	return credits.GrantNewUserCredits(ctx, tx, credits.GrantNewUserCreditsParams{
		UserUUID: u.UUID, Amount: u.WelcomeCredits, At: u.CreatedAt,
		MaxAhead: credits.AnyTime, // was checked at sign-up
	})
}

// assertWelcome makes sure of them: nil when none were given. To look first is
// cheaper than to grant, because they are there but for accidents.
func (u *User) assertWelcome(ctx context.Context, tx bun.Tx) (*credits.Operation, error) {
	if u.WelcomeCredits == 0 {
		return nil, nil
	}
	op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: u.UUID, Key: credits.NewUserKey})
	if errors.Is(err, credits.ErrNotFound) {
		return u.grantWelcome(ctx, tx)
	}
	if op != nil {
		op.Replayed = true
	}
	return op, err
}

// welcomed makes sure of the welcome credits of a user who signs in.
func (u *User) welcomed(ctx context.Context, tx bun.Tx, result *SignInResult) (*SignInResult, error) {
	op, err := u.assertWelcome(ctx, tx)
	if err != nil {
		return nil, err
	}
	if op != nil && !op.Replayed {
		result.Welcome, result.Mended = op, []credits.Part{credits.PartWelcome}
	}
	return result, nil
}

// again answers a call of Create whose UserUUID is known; nil when it is not. With
// lost it looks behind the transaction's snapshot, too: another call with the
// UserUUID may have been faster.
func (p CreateParams) again(ctx context.Context, tx bun.Tx, draft *User, lost bool) (*CreateResult, error) {
	if !lost {
		// No lock where there is nobody: it would be on a gap.
		n, err := rows.Count(ctx, tx.NewSelect().Model((*User)(nil)).Column("id").Where("uuid = ?", p.UserUUID))
		if err != nil || n == 0 {
			return nil, err
		}
	}
	look := lockUserRow
	if lost {
		look = lockKnownRow
	}
	u, err := look(ctx, tx, p.UserUUID)
	switch {
	case err != nil || u == nil:
		return nil, err
	case !u.DeletedAt.IsZero() || u.Email != draft.Email:
		return nil, &UUIDTakenError{UserUUID: p.UserUUID}
	}
	result, done := &CreateResult{User: u}, mend.Tally{}
	done.Note(credits.PartUser, true)
	if p.InviteCode != "" {
		set, err := SetReferrer(ctx, tx, SetReferrerParams{UserUUID: u.UUID, InviteCode: p.InviteCode, At: draft.CreatedAt})
		if err != nil {
			return nil, err
		}
		result.User = set.User
		done.Note(credits.PartReferrer, set.Replayed)
	}
	if result.Welcome, err = u.assertWelcome(ctx, tx); err != nil {
		return nil, err
	}
	done.Operation(credits.PartWelcome, result.Welcome)
	result.Mended, result.Replayed = done.Mended(), done.Replayed()
	return result, nil
}

// checkNewUUID takes none, or one in canonical form.
func checkNewUUID(id string) error {
	if id == "" {
		return nil
	}
	return valid.UUID("UserUUID", id)
}
