package users

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/secret"
)

// maxName is the longest nickname, avatar URL or invite code, in characters.
const maxName = 255

// maxCodes is how many invite codes are tried before giving up. There are more
// than 5·10¹⁰ of the shortest kind alone.
const maxCodes = 10

// CreateParams describe a user to create.
type CreateParams struct {
	// UserUUID is the user's uuid in canonical form; generated if empty. A caller
	// that chooses it, and keeps it until the call has succeeded, makes the call
	// idempotent. Do not let strangers choose it.
	UserUUID string
	// Email is required, at most 255 characters. It is stored in the form that
	// the package documentation describes.
	Email string
	// EmailUnverified says that the user has not proven yet that Email is theirs,
	// as when a form was submitted and the confirmation mail is on its way. Such
	// a user has the address until somebody proves it: the user, by an [Update]
	// with the same Email, or anybody else, who then gets the address and nothing
	// of the user's. If false, the caller vouches for the address: whoever signs
	// in with it, verified by a provider, joins the user.
	EmailUnverified bool
	// Nickname and AvatarURL are optional, at most 255 characters each.
	Nickname  string
	AvatarURL string
	// InviteCode is the code with which the user was invited, empty for none.
	// Its owner becomes the user's referrer permanently.
	InviteCode string
	// WelcomeCredits is how many credits the user starts with; 0 means 100.
	// They expire one year after At.
	WelcomeCredits int64
	// NoWelcomeCredits makes the user start with none. WelcomeCredits must be 0
	// then.
	NoWelcomeCredits bool
	// WelcomeKey, when set, limits welcome credits to once per identity and once
	// per email, even after the user was deleted. It must be secret, at least
	// [MinWelcomeKey] bytes, and always the same; see the package documentation.
	WelcomeKey secret.Secret
	// At is when the user signed up; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// CreateResult is a created user.
type CreateResult struct {
	User *User `json:"user,omitzero"`
	// Welcome is the grant of the welcome credits, nil with NoWelcomeCredits and
	// when WelcomeKey shows that they were granted before.
	Welcome *credits.Operation `json:"welcome,omitzero"`
	// Displaced is the user who had the email unverified and lost it to this
	// one, nil for none. They now have an address at users.invalid.
	Displaced *User `json:"-"`
	// Replayed is true when the call had been made before, with the same UserUUID:
	// nothing was written.
	Replayed bool `json:"replayed"`
	// Mended lists what an earlier call had left undone because its commit was
	// partial, and this call did: [credits.PartUser], [credits.PartReferrer] or
	// [credits.PartWelcome]. Nil for a first call and for a replay.
	Mended []credits.Part `json:"mended,omitempty"`
}

// Create signs up a user: it creates the user, with a uuid and an invite code,
// and grants their welcome credits, in one transaction.
//
// Without a UserUUID it is not idempotent: a second call with the same email fails
// with *EmailTakenError, and of concurrent calls with one email exactly one
// succeeds. With a UserUUID, repeating the call returns the user, marked as a
// replay, and completes what a partial commit left undone: the welcome credits,
// with the original amount and time, or the user's row.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *NotFoundError when no user has the InviteCode;
//   - *EmailTakenError when another user has the email, in any spelling, and has
//     proven it or this one does not prove it either;
//   - *UUIDTakenError when the UserUUID belongs to a user with another email or to
//     a deleted one;
//   - ErrReferrerSet, ErrSelfReferral, ErrReferralLoop and ErrReferralDepth when the
//     user with the UserUUID exists and cannot have this referrer; see [SetReferrer];
//   - ErrNoInviteCode when every invite code that was tried is taken;
//   - *dialect.Error when the engine fails.
func Create(ctx context.Context, db bun.IDB, p CreateParams) (*CreateResult, error) {
	return create(ctx, db, p, newCode)
}

// create takes its invite codes from code.
func create(ctx context.Context, db bun.IDB, p CreateParams, code func() string) (*CreateResult, error) {
	draft, err := p.user()
	if err != nil {
		return nil, err
	}
	var result *CreateResult
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) (err error) {
		result = nil
		if p.UserUUID != "" {
			if result, err = p.again(ctx, tx, draft, false); result != nil || err != nil {
				return err
			}
		}
		result, err = p.signUp(ctx, tx, *draft, code)
		if p.UserUUID != "" && (errors.Is(err, ErrEmailTaken) || errors.Is(err, ErrNoInviteCode)) {
			known, lost := p.again(ctx, tx, draft, true)
			if known != nil || lost != nil {
				result, err = known, lost
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// signUp makes the user u, whose referrer is still to be found.
func (p CreateParams) signUp(ctx context.Context, tx bun.Tx, u User, code func() string) (*CreateResult, error) {
	err := credits.CheckTime(ctx, tx, credits.CheckTimeParams{At: u.CreatedAt, MaxAhead: p.MaxAhead})
	if err != nil {
		return nil, err
	}
	if u.InvitedBy, err = referrerOf(ctx, tx, p.InviteCode); err != nil {
		return nil, err
	}
	var result *CreateResult
	want := claim{email: u.Email, given: p.Email, proven: !p.EmailUnverified, at: u.CreatedAt}
	err = takeEmail(func(again bool) error {
		displaced, err := want.make(ctx, tx, again)
		if err != nil {
			return err
		}
		result, err = insertWithCredits(ctx, tx, u, p.welcome(u.Email), code)
		if err != nil {
			return lostEmail(err, again)
		}
		result.Displaced = displaced
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// referrerOf returns the uuid of the user who has an invite code, "" for none.
func referrerOf(ctx context.Context, tx bun.Tx, inviteCode string) (string, error) {
	if inviteCode == "" {
		return "", nil
	}
	referrer, err := Get(ctx, tx, GetParams{InviteCode: inviteCode})
	if err != nil {
		return "", err
	}
	return referrer.UUID, nil
}

func (p CreateParams) welcome(email string) welcome {
	return welcome{
		amount: p.WelcomeCredits, none: p.NoWelcomeCredits, key: p.WelcomeKey,
		email: email, proven: !p.EmailUnverified,
	}
}

// insertWithCredits stores u and grants the welcome credits.
func insertWithCredits(
	ctx context.Context, tx bun.Tx, u User, w welcome, code func() string,
) (*CreateResult, error) {
	if err := w.fits(ctx, tx); err != nil {
		return nil, err
	}
	if !w.none {
		u.WelcomeCredits = cmp.Or(w.amount, credits.NewUserCredits)
	}
	created, err := insert(ctx, tx, u, code)
	if err != nil {
		return nil, err
	}
	if w.none {
		return &CreateResult{User: created}, nil
	}
	first, err := w.claim(ctx, tx, u.CreatedAt)
	if err != nil {
		return nil, err
	}
	if !first {
		created.WelcomeCredits = 0
		return &CreateResult{User: created}, updateUser(ctx, tx, created, "welcome_credits")
	}
	granted, err := created.grantWelcome(ctx, tx)
	if err != nil {
		return nil, err
	}
	result := &CreateResult{User: created, Welcome: granted}
	if granted.Replayed { // beside the welcome credits the user was lost
		result.Mended = []credits.Part{credits.PartUser}
	}
	return result, nil
}

// user checks p and returns the user that it describes, without an invite code.
func (p CreateParams) user() (*User, error) {
	email, emailErr := checkEmail("Email", p.Email)
	at, atErr := valid.Time("At", p.At)
	err := valid.First(
		emailErr,
		valid.Text("Nickname", p.Nickname, maxName),
		valid.Text("AvatarURL", p.AvatarURL, maxName),
		valid.Optional("InviteCode", p.InviteCode, maxName),
		checkWelcome(p.WelcomeCredits, p.NoWelcomeCredits),
		checkWelcomeKey(p.WelcomeKey),
		checkNewUUID(p.UserUUID),
		atErr,
	)
	if err != nil {
		return nil, err
	}
	if p.UserUUID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		p.UserUUID = id.String()
	}
	return &User{
		UUID: p.UserUUID, Email: email, EmailUnverified: p.EmailUnverified,
		Nickname: p.Nickname, AvatarURL: p.AvatarURL, CreatedAt: at, UpdatedAt: at,
	}, nil
}

// insert stores u with the first code that is free. Whether it is free is the
// database's word, not that of a look before.
func insert(ctx context.Context, tx bun.Tx, u User, code func() string) (*User, error) {
	for range maxCodes {
		attempt := u
		attempt.InviteCode = code()
		attempt.setSearch()
		inserted, err := rows.Insert(ctx, tx, &attempt)
		if err != nil {
			return nil, err
		}
		if inserted {
			return &attempt, nil
		}
		taken, err := emailTaken(ctx, tx, u.Email)
		if err != nil {
			return nil, err
		}
		if taken {
			return nil, &EmailTakenError{Email: u.Email}
		}
	}
	return nil, ErrNoInviteCode
}

// emailTaken tells which rule refused a user: that of the email, or of the
// invite code. It asks the engine, whose idea of equal was what counted.
func emailTaken(ctx context.Context, tx bun.Tx, email string) (bool, error) {
	q := func() *bun.SelectQuery {
		return tx.NewSelect().Model((*User)(nil)).Column("id").Where("email = ?", email)
	}
	// The plain read first: see emailHolder.
	n, err := rows.Count(ctx, q())
	if n == 0 && err == nil && dialect.Of(tx).LocksRows() {
		n, err = rows.Count(ctx, rows.ForUpdate(q(), tx))
	}
	return n > 0, err
}
