package users

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// UpdateParams is what to change of a user. A nil field is left as it is; new
// makes one that is not: Nickname: new("Ada").
//
// Uuid, invite code and referrer are not to be changed; see [SetReferrer] for
// a user who has no referrer yet.
type UpdateParams struct {
	// UUID is required.
	UUID string
	// Email is the new email. As with [Create], the caller vouches that it is
	// the user's: who signs in with it, verified by a provider, joins the user.
	Email *string
	// Nickname and AvatarURL, at most 255 characters each; "" removes them.
	Nickname  *string
	AvatarURL *string
	// IsAffiliate says whether the user is in the affiliate programme.
	IsAffiliate *bool
	// At is when it happened; zero means now.
	At time.Time
}

// UpdateResult is a user after a change.
type UpdateResult struct {
	User *User
	// Replayed is true when nothing had to be changed; nothing was written.
	Replayed bool
}

// Update changes a user. Of concurrent calls that take one email exactly one
// succeeds.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *NotFoundError when there is no such user, or they were deleted;
//   - *EmailTakenError when another user has the email, whatever its case;
//   - *dialect.Error when the engine fails.
func Update(ctx context.Context, db bun.IDB, p UpdateParams) (*UpdateResult, error) {
	c, err := p.check()
	if err != nil {
		return nil, err
	}
	var result *UpdateResult
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		u, err := lockUser(ctx, tx, p.UUID)
		if err != nil {
			return err
		}
		if u == nil {
			return &NotFoundError{Field: "UUID"}
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
		return c.writeWithEmail(ctx, tx, u, columns)
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
	c.At, atErr = valid.Time("At", p.At)
	err := valid.First(
		valid.UUID("UUID", p.UUID),
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
	if c.Email != nil && (u.Email != c.email || u.EmailUnverified) {
		newEmail = u.Email != c.email
		u.Email, u.EmailUnverified = c.email, false
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

// writeWithEmail writes u. Whether its email is free is the database's word.
func (c *change) writeWithEmail(ctx context.Context, tx bun.Tx, u *User, columns []string) error {
	// A row of another program may hold it in the case given here.
	holder, err := findByEmail(ctx, tx, c.email, *c.Email, false)
	if err != nil {
		return err
	}
	if holder != nil && holder.UUID != u.UUID {
		return &EmailTakenError{Email: c.email}
	}
	err = rows.Attempt(ctx, tx, func() error { return updateUser(ctx, tx, u, columns...) })
	if errors.Is(err, dialect.ErrUnique) {
		return &EmailTakenError{Email: c.email}
	}
	return err
}
