package users

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// join links a new identity to the user who has its email, or creates one.
//
// The identity is written first: whoever writes it first decides whose it is,
// and the others have written nothing else that would have to be undone.
func (s *signIn) join(ctx context.Context, tx bun.Tx, again bool) (*SignInResult, error) {
	if s.Email == "" {
		return nil, ErrNoEmail
	}
	holder, err := s.claim().holder(ctx, tx, again)
	switch {
	case err != nil:
		return nil, err
	case holder == nil, s.EmailVerified && holder.EmailUnverified:
		return s.create(ctx, tx, again)
	case !s.EmailVerified:
		return nil, s.conflict()
	}
	return s.link(ctx, tx, holder)
}

func (s *signIn) claim() claim {
	return claim{email: s.Email, given: s.given, proven: s.EmailVerified, at: s.At}
}

func (s *signIn) conflict() error {
	return &EmailConflictError{Provider: s.Provider, Email: s.Email, Verified: s.EmailVerified}
}

// link gives the identity to the user who has its email.
func (s *signIn) link(ctx context.Context, tx bun.Tx, holder *User) (*SignInResult, error) {
	id := s.identity(holder.UUID, s.At)
	if inserted, err := rows.Insert(ctx, tx, id); err != nil || !inserted {
		return nil, lost(err)
	}
	u, err := lockKnownUser(ctx, tx, holder.UUID)
	if err != nil {
		return nil, err
	}
	if u == nil || address.Form(u.Email) != s.Email || u.EmailUnverified {
		return nil, withdraw(ctx, tx, id, &lostRaceError{})
	}
	other, err := sameProvider(ctx, tx, u, s.Profile)
	if err != nil {
		return nil, err
	}
	if other {
		return nil, withdraw(ctx, tx, id, s.conflict())
	}
	u.keepIdentity(id)
	u.UpdatedAt = s.At
	if err := updateUser(ctx, tx, u, "former_identities", "updated_at"); err != nil {
		return nil, err
	}
	return u.welcomed(ctx, tx, &SignInResult{User: u, Identity: id, Outcome: Linked})
}

// withdraw takes back an identity that was inserted before the sign-in was refused.
func withdraw(ctx context.Context, tx bun.Tx, id *Identity, refusal error) error {
	return rows.Withdraw(ctx, tx, (*Identity)(nil), id.own(), refusal)
}

// create makes the identity and its user.
func (s *signIn) create(ctx context.Context, tx bun.Tx, again bool) (*SignInResult, error) {
	if err := (welcome{amount: s.WelcomeCredits}).fits(ctx, tx); err != nil {
		return nil, err
	}
	referrer, err := referrerOf(ctx, tx, s.InviteCode)
	if err != nil {
		return nil, err
	}
	var result *SignInResult
	id := s.identity(s.uuid, s.At)
	if inserted, err := rows.Insert(ctx, tx, id); err != nil || !inserted {
		return nil, lost(err)
	}
	displaced, err := s.claim().make(ctx, tx, again)
	if err == nil {
		result, err = s.createUser(ctx, tx, referrer, id)
	}
	if lost, isLost := errors.AsType[*lostRaceError](lostEmail(err, false)); isLost {
		return nil, withdraw(ctx, tx, id, lost)
	}
	if err != nil {
		return nil, err
	}
	result.Identity, result.Displaced = id, displaced
	return result, nil
}

// createUser makes the user of the identity.
func (s *signIn) createUser(ctx context.Context, tx bun.Tx, referrer string, id *Identity) (*SignInResult, error) {
	u := User{
		UUID: s.uuid, Email: s.Email, EmailUnverified: !s.EmailVerified,
		Nickname: s.Name, AvatarURL: s.AvatarURL, InvitedBy: referrer,
		CreatedAt: s.At, UpdatedAt: s.At,
	}
	u.keepIdentity(id)
	made, err := insertWithCredits(ctx, tx, u, welcome{
		amount: s.WelcomeCredits, none: s.NoWelcomeCredits, key: s.WelcomeKey, email: s.Email, proven: s.EmailVerified,
		provider: s.Provider, subject: s.Subject,
	}, newCode)
	if err != nil {
		return nil, err
	}
	return &SignInResult{User: made.User, Outcome: Created, Welcome: made.Welcome}, nil
}

func lost(err error) error {
	if err == nil {
		return &lostRaceError{}
	}
	return err
}
