package users

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/secret"
)

// SignInParams describe a sign-in through an OAuth provider.
type SignInParams struct {
	Profile
	// InviteCode is the code with which the person was invited, empty for none.
	// It is used only if the sign-in creates a user.
	InviteCode string
	// WelcomeCredits is how many credits a new user starts with; 0 means 100.
	WelcomeCredits int64
	// NoWelcomeCredits makes a new user start with none. WelcomeCredits must be 0
	// then.
	NoWelcomeCredits bool
	// WelcomeKey, when set, limits welcome credits to once per identity and once
	// per email, even after the user was deleted. It must be secret, at least
	// [MinWelcomeKey] bytes, and always the same; see the package documentation.
	WelcomeKey secret.Secret
	// At is when it happened; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// SignInOutcome says what a sign-in did.
type SignInOutcome string

// The outcomes of a sign-in.
const (
	// Created means a new user, with welcome credits.
	Created SignInOutcome = "created"
	// Linked means that a new identity joined the user with the same, verified
	// email.
	Linked SignInOutcome = "linked"
	// SignedIn means that the identity was known.
	SignedIn SignInOutcome = "signed_in"
)

// Valid reports whether o is one of the outcomes above.
func (o SignInOutcome) Valid() bool { return o == Created || o == Linked || o == SignedIn }

// SignInResult is the user who signed in, and how.
type SignInResult struct {
	User     *User         `json:"user,omitzero"`
	Identity *Identity     `json:"identity,omitzero"`
	Outcome  SignInOutcome `json:"outcome"`
	// Welcome is the grant of a created user's welcome credits, nil when
	// WelcomeKey shows that they were granted before.
	Welcome *credits.Operation `json:"welcome,omitzero"`
	// Displaced is the user who had the email unverified and lost it to the
	// created user, nil for none; see [CreateResult].
	Displaced *User `json:"-"`
	// Mended is [credits.PartWelcome] when an existing user lacked the welcome
	// credits because a commit was partial, and has got them now.
	Mended []credits.Part `json:"mended,omitempty"`
}

// SignIn finds or creates the user of an OAuth profile.
//
//   - A known identity, by provider and subject, signs in its user, whatever
//     its email is now. The new email is stored with the identity; the user's
//     own email, nickname and avatar stay.
//   - A new identity joins the user who has its email and has proven it, if the
//     provider vouches for it too and does not sign in that user already. It
//     never joins by an address that the provider did not verify, nor beside
//     another identity of the same provider: that is another account there, and
//     so another person, who was given the address after someone else left.
//   - Otherwise a user is created with welcome credits, as by [Create]. If the
//     provider vouches for an email that another user has unverified, the new
//     user gets the address, and nothing else of that user's.
//
// A repeated call checks the welcome credits of a user who was given some at
// sign-up: if the ledger lacks them, they are granted again, with the original
// amount and time. Of concurrent first sign-ins, with one identity or with
// several that have the same verified email, one creates the user and the others
// sign in or link: there is one user with one welcome grant.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *EmailConflictError when a user has the email and may not be joined; its
//     documentation says what an application can do;
//   - *EmailTakenError when the engine considers another user's email equal, as
//     an adopted column that ignores accents may;
//   - ErrNoEmail for a new identity without an email;
//   - *NotFoundError when a user would be created and nobody has the
//     InviteCode; signing in without it works;
//   - ErrNoInviteCode when every invite code that was tried for a new user is taken;
//   - *dialect.Error when the engine fails. In a caller's transaction, the
//     loser of a race may get dialect.ErrTransient, especially at REPEATABLE
//     READ, MySQL's default; the caller then reruns its transaction.
func SignIn(ctx context.Context, db bun.IDB, p SignInParams) (*SignInResult, error) {
	s, err := p.check()
	if err != nil {
		return nil, err
	}
	var result *SignInResult
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		err := credits.CheckTime(ctx, tx, credits.CheckTimeParams{At: s.At, MaxAhead: p.MaxAhead})
		if err != nil {
			return err
		}
		result, err = s.run(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// signIn is a sign-in with its profile in the form that is stored.
type signIn struct {
	SignInParams
	given string // the email as the provider wrote it
	uuid  string // of the user, if one is created
}

func (p SignInParams) check() (*signIn, error) {
	s := &signIn{SignInParams: p, given: p.Email}
	var profileErr, atErr error
	s.Profile, profileErr = p.Profile.check()
	s.At, atErr = valid.Time("At", p.At)
	err := valid.First(
		profileErr,
		valid.Optional("InviteCode", p.InviteCode, maxName),
		checkWelcome(p.WelcomeCredits, p.NoWelcomeCredits),
		checkWelcomeKey(p.WelcomeKey),
		atErr,
	)
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	s.uuid = id.String()
	return s, err
}

func (s *signIn) run(ctx context.Context, tx bun.Tx) (*SignInResult, error) {
	var last error
	for look := range maxLooks {
		id, err := findIdentity(ctx, tx, s.Provider, s.Subject, look > 0)
		if err != nil {
			return nil, err
		}
		var result *SignInResult
		if id != nil {
			result, err = s.enter(ctx, tx, id, look > 0)
		} else {
			result, err = s.join(ctx, tx, look > 0)
		}
		if lost := (*lostRaceError)(nil); errors.As(err, &lost) {
			last = lost.outcome
			continue
		}
		return result, err
	}
	if last != nil {
		return nil, last
	}
	// Others make and delete the user as fast as this one looks. That is a race like
	// any other: from the start again.
	return nil, &dialect.Error{
		Kind: dialect.KindTransient, Engine: dialect.Of(tx).Engine,
		Err: fmt.Errorf("users: the identity changed %d times during one sign-in", maxLooks),
	}
}

// enter signs in the user of a known identity. One who was found behind a caller's
// snapshot, after a race, is written, so that the caller's next verb finds them.
func (s *signIn) enter(ctx context.Context, tx bun.Tx, id *Identity, again bool) (*SignInResult, error) {
	u, err := lockKnownUser(ctx, tx, id.UserUUID)
	if err != nil {
		return nil, err
	}
	if id, err = lockIdentity(ctx, tx, id); err != nil {
		return nil, err
	}
	switch {
	case id == nil:
		return nil, &lostRaceError{}
	case u == nil:
		// Another program deleted the user and left the identity.
		if err := removeIdentity(ctx, tx, id); err != nil {
			return nil, err
		}
		return nil, &lostRaceError{}
	}
	former := u.FormerEmails
	if s.Email != "" {
		if id.Email != s.Email {
			u.keepFormer(id.Email, !id.EmailVerified)
		}
		id.Email, id.EmailVerified = s.Email, s.EmailVerified
	}
	id.UpdatedAt = s.At
	if _, err := rows.Update(ctx, tx, id, id.own(), "email", "email_verified", "updated_at"); err != nil {
		return nil, err
	}
	proven := u.EmailUnverified && s.EmailVerified && address.Form(u.Email) == s.Email
	if proven || u.FormerEmails != former || again && rows.LocksGaps(ctx, tx) {
		u.EmailUnverified, u.UpdatedAt = u.EmailUnverified && !proven, s.At
		err = updateUser(ctx, tx, u, "email_unverified", "former_emails", "updated_at")
	}
	if err != nil {
		return nil, err
	}
	return u.welcomed(ctx, tx, &SignInResult{User: u, Identity: id, Outcome: SignedIn})
}
