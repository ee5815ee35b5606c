package users

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// identitiesAtOnce is how many identities are read in one go.
const identitiesAtOnce = 100

// LinkIdentityParams name a signed-in user, and a profile that they have just
// proven to be theirs.
type LinkIdentityParams struct {
	// UserUUID is required.
	UserUUID string
	Profile
	// At is when it happened; zero means now.
	At time.Time
}

// LinkIdentityResult is an identity of the user.
type LinkIdentityResult struct {
	Identity *Identity `json:"identity,omitzero"`
	// Replayed is true when the user already had the identity; nothing was
	// written.
	Replayed bool `json:"replayed"`
}

// LinkIdentity lets a profile sign in a user, whatever its email. The caller
// vouches that the person is signed in both as the user and at the provider.
//
// Of concurrent calls for one profile and several users, one succeeds.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError for the UserUUID, ErrIdentityTaken when the profile belongs to
// another user, and *dialect.Error when the engine fails.
func LinkIdentity(ctx context.Context, db bun.IDB, p LinkIdentityParams) (*LinkIdentityResult, error) {
	profile, profileErr := p.check()
	at, atErr := valid.Time("At", p.At)
	if err := valid.First(valid.UUID("UserUUID", p.UserUUID), profileErr, atErr); err != nil {
		return nil, err
	}
	var result *LinkIdentityResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		id := profile.identity(p.UserUUID, at)
		inserted, err := rows.Insert(ctx, tx, id)
		if err != nil {
			return err
		}
		u, err := lockUser(ctx, tx, p.UserUUID)
		if err != nil {
			return err
		}
		if u == nil {
			if inserted {
				err = removeIdentity(ctx, tx, id)
			}
			return cmp.Or(err, notFound("UserUUID", p.UserUUID))
		}
		if !inserted {
			result, err = knownIdentity(ctx, tx, u, profile)
			return err
		}
		result = &LinkIdentityResult{Identity: id}
		if id.EmailVerified && id.Email == address.Form(u.Email) {
			u.EmailUnverified = false
		}
		u.keepIdentity(id)
		u.UpdatedAt = at
		return updateUser(ctx, tx, u, "email_unverified", "former_identities", "updated_at")
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// knownIdentity tells whose the identity is.
func knownIdentity(ctx context.Context, tx bun.Tx, u *User, p Profile) (*LinkIdentityResult, error) {
	id, err := findIdentity(ctx, tx, p.Provider, p.Subject, true)
	if err != nil {
		return nil, err
	}
	if id == nil || id.UserUUID != u.UUID {
		return nil, ErrIdentityTaken
	}
	return &LinkIdentityResult{Identity: id, Replayed: true}, nil
}

// UnlinkIdentityParams name an identity of a user.
type UnlinkIdentityParams struct {
	// UserUUID, Provider and Subject are required.
	UserUUID string
	Provider Provider
	Subject  string
	// EvenLast allows removing the last identity. The user can then return only
	// by a sign-in with their verified email or by LinkIdentity.
	EvenLast bool
	// At is when it happened; zero means now.
	At time.Time
}

// UnlinkIdentityResult is the removed identity.
type UnlinkIdentityResult struct {
	Identity *Identity `json:"identity,omitzero"`
	// Left is how many identities the user still has.
	Left int64 `json:"left"`
}

// UnlinkIdentity removes an identity, which then no longer signs in the user.
// It is remembered that the user had it, so that no other account of the same
// provider joins them by their email; the same account may.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when there is no such user, or they have no such identity,
// ErrLastIdentity when it is the only one and EvenLast is not set (of
// concurrent calls for the last two, one gets this error), and *dialect.Error
// when the engine fails.
func UnlinkIdentity(ctx context.Context, db bun.IDB, p UnlinkIdentityParams) (*UnlinkIdentityResult, error) {
	at, atErr := valid.Time("At", p.At)
	_, profileErr := Profile{Provider: p.Provider, Subject: p.Subject}.check()
	if err := valid.First(valid.UUID("UserUUID", p.UserUUID), profileErr, atErr); err != nil {
		return nil, err
	}
	var result *UnlinkIdentityResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		u, err := lockUser(ctx, tx, p.UserUUID)
		if err != nil {
			return err
		}
		if u == nil {
			return notFound("UserUUID", p.UserUUID)
		}
		id, err := findIdentity(ctx, tx, p.Provider, p.Subject, false)
		if err != nil {
			return err
		}
		if id == nil || id.UserUUID != u.UUID {
			return &NotFoundError{What: "identity", Field: "Subject", UserUUID: p.UserUUID, Err: ErrNotFound}
		}
		all, err := rows.Count(ctx, rows.Now(ctx, tx, tx.NewSelect().Model((*Identity)(nil)).Column("id").Where("user_uuid = ?", p.UserUUID)))
		switch {
		case err != nil:
			return err
		case all == 1 && !p.EvenLast:
			return ErrLastIdentity
		}
		result = &UnlinkIdentityResult{Identity: id, Left: int64(all) - 1}
		if err := removeIdentity(ctx, tx, id); err != nil {
			return err
		}
		u.keepFormer(id.Email, !id.EmailVerified)
		u.keepIdentity(id)
		u.UpdatedAt = at
		return updateUser(ctx, tx, u, "former_emails", "former_identities", "updated_at")
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// ListIdentitiesParams name a user and a page of their identities.
type ListIdentitiesParams struct {
	// UserUUID is required.
	UserUUID string
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// ListIdentities returns a page of a user's identities, the newest first, none for
// an unknown user.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func ListIdentities(ctx context.Context, db bun.IDB, p ListIdentitiesParams) (*list.Page[Identity], error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	rows := page.List[Identity]{
		Scope: "identities/" + p.UserUUID, Column: "created_at",
		By:    []page.Term{{Column: "user_uuid", Value: p.UserUUID}},
		Place: func(i *Identity) (time.Time, int64) { return i.CreatedAt, i.ID },
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}

// identitiesOf reads some of a user's identities, the oldest first.
func identitiesOf(ctx context.Context, db bun.IDB, userUUID string) ([]Identity, error) {
	found := []Identity{}
	err := rows.Now(ctx, db, db.NewSelect().Model(&found)).Where("user_uuid = ?", userUUID).
		OrderExpr("id").Limit(identitiesAtOnce).Scan(ctx)
	return found, dialect.Classify(err)
}
