package users

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// UpdateParams say what to change. A nil field is left as it is; the builtin
// new makes others: Nickname: new("Ada").
//
// Uuid, invite code and referrer cannot be changed; see [SetReferrer] for a
// user without a referrer.
type UpdateParams struct {
	// UserUUID is required.
	UserUUID string
	// Email is the new email. As with [Create], the caller vouches for it
	// unless EmailUnverified is set. Passing the current email again marks it
	// as verified.
	Email *string
	// EmailUnverified says that the user has not proven yet that Email is
	// theirs; see [CreateParams]. A verified email stays verified.
	EmailUnverified bool
	// Nickname and AvatarURL, at most 255 characters each; "" removes them.
	Nickname  *string
	AvatarURL *string
	// IsAffiliate says whether the user is a member of the affiliate program.
	IsAffiliate *bool
	// At is when it happened; zero means now.
	At time.Time
}

// UpdateResult is a user after a change.
type UpdateResult struct {
	User *User `json:"user,omitzero"`
	// Displaced is the user who had the email unverified and lost it to this
	// one, nil for none; see [CreateResult].
	Displaced *User `json:"-"`
	// Replayed is true when there was nothing to change; nothing was written.
	Replayed bool `json:"replayed"`
}

// Update changes a user. Of concurrent calls for the same email, exactly one
// succeeds.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *NotFoundError when there is no such user, or they were deleted;
//   - *EmailTakenError when another user has the email, in any spelling, and has
//     proven it or this one does not prove it either;
//   - *dialect.Error when the engine fails.
func Update(ctx context.Context, db bun.IDB, p UpdateParams) (*UpdateResult, error) {
	c, err := p.check()
	if err != nil {
		return nil, err
	}
	var result *UpdateResult
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		u, err := c.lock(ctx, tx)
		if err != nil {
			return err
		}
		columns, newEmail := c.apply(u)
		result = &UpdateResult{User: u, Replayed: len(columns) == 0}
		if result.Replayed {
			return nil
		}
		u.UpdatedAt = c.At
		columns = append(columns, "updated_at")
		if !newEmail {
			return updateUser(ctx, tx, u, columns...)
		}
		result.Displaced, err = c.writeWithEmail(ctx, tx, u, columns)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// change is an update that was checked.
type change struct {
	UpdateParams
	email string // in the form that is stored
}

func (p UpdateParams) check() (*change, error) {
	c := &change{UpdateParams: p}
	var emailErr, atErr error
	if p.Email != nil {
		c.email, emailErr = checkEmail("Email", *p.Email)
	}
	if p.Email == nil && p.EmailUnverified {
		emailErr = valid.Failf("EmailUnverified", "set without an Email")
	}
	c.At, atErr = valid.Time("At", p.At)
	err := valid.First(
		valid.UUID("UserUUID", p.UserUUID),
		emailErr,
		valid.Text("Nickname", deref(p.Nickname), maxName),
		valid.Text("AvatarURL", deref(p.AvatarURL), maxName),
		atErr,
	)
	return c, err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// apply changes u and returns the columns that differ, and whether the email
// is among them.
func (c *change) apply(u *User) (columns []string, newEmail bool) {
	if c.Email != nil && (u.Email != c.email || u.EmailUnverified && !c.EmailUnverified) {
		newEmail = u.Email != c.email
		// Another spelling of an email is no other email.
		same := address.Form(u.Email) == c.email
		if newEmail {
			u.keepFormer(u.Email, u.EmailUnverified)
			columns = append(columns, "former_emails")
		}
		u.Email, u.EmailUnverified = c.email, c.EmailUnverified && (u.EmailUnverified || !same)
		columns = append(columns, "email", "email_unverified")
	}
	if c.Nickname != nil && u.Nickname != *c.Nickname {
		u.Nickname = *c.Nickname
		columns = append(columns, "nickname")
	}
	if c.AvatarURL != nil && u.AvatarURL != *c.AvatarURL {
		u.AvatarURL = *c.AvatarURL
		columns = append(columns, "avatar_url")
	}
	if c.IsAffiliate != nil && u.IsAffiliate != *c.IsAffiliate {
		u.IsAffiliate = *c.IsAffiliate
		columns = append(columns, "is_affiliate")
	}
	return columns, newEmail
}

// lock locks the user, and before or after them, in the order of their uuids, who
// has the email that they want.
func (c *change) lock(ctx context.Context, tx bun.Tx) (*User, error) {
	ids := []string{c.UserUUID}
	if c.Email != nil {
		holder, err := c.claim().holder(ctx, tx, false)
		if err != nil {
			return nil, err
		}
		if holder != nil && holder.EmailUnverified {
			ids = append(ids, holder.UUID)
		}
	}
	slices.Sort(ids)
	var own *User
	for _, id := range slices.Compact(ids) {
		u, err := lockUser(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if id == c.UserUUID {
			own = u
		}
	}
	if own == nil {
		return nil, notFound("UserUUID", c.UserUUID)
	}
	return own, nil
}

func (c *change) claim() claim {
	return claim{email: c.email, given: *c.Email, proven: !c.EmailUnverified, own: c.UserUUID, at: c.At}
}

// writeWithEmail writes u. Whether its email is free is the database's word.
func (c *change) writeWithEmail(ctx context.Context, tx bun.Tx, u *User, columns []string) (displaced *User, err error) {
	err = takeEmail(func(again bool) error {
		var err error
		if displaced, err = c.claim().make(ctx, tx, again); err != nil {
			return err
		}
		err = rows.Attempt(ctx, tx, func() error { return updateUser(ctx, tx, u, columns...) })
		if errors.Is(err, dialect.ErrUnique) {
			err = lostEmail(&EmailTakenError{Email: c.email}, again)
		}
		return err
	})
	return displaced, err
}
