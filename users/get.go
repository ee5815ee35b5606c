package users

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// GetParams name a user. Exactly one field must be set.
type GetParams struct {
	UserUUID string
	// Email may be in any spelling with the same stored form; see the package
	// documentation. An address that another program stored in another form is
	// found by its exact spelling, and one that the original application of an
	// adopted database stored is found regardless of case.
	Email string
	// InviteCode is case-sensitive.
	InviteCode string
}

// Get finds a user by uuid, email or invite code. Deleted users are not found.
//
// Errors: *InvalidError unless p sets exactly one field to a possible value;
// *NotFoundError when there is no such user; and *dialect.Error when the engine
// fails.
func Get(ctx context.Context, db bun.IDB, p GetParams) (*User, error) {
	field, column, value, err := p.condition()
	if err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	if field == "Email" {
		return getByEmail(ctx, db, p.Email)
	}
	var found []User
	err = rows.Select[User](db, "u."+column+" = ? AND u.deleted_at IS NULL LIMIT 1", value).Scan(ctx, &found)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	// A column that another program made may compare without case.
	if len(found) == 0 || found[0].UUID != value && found[0].InviteCode != value {
		return nil, notFound(field, value)
	}
	return &found[0], nil
}

// getByEmail finds a user by an email in the form that is stored, or by one that
// is refused today, which an adopted row may have all the same.
func getByEmail(ctx context.Context, db bun.IDB, email string) (*User, error) {
	if err := valid.Required("Email", email, 0); err != nil {
		return nil, err
	}
	normal, refused := address.Stored("Email", email)
	u, err := findByEmail(ctx, db, normal, email, false)
	if u == nil && err == nil {
		err = cmp.Or(refused, notFound("Email", ""))
	}
	return u, err
}

// condition returns the field that p sets, its column, and the value to look
// for there.
func (p GetParams) condition() (field, column, value string, err error) {
	set := 0
	for _, v := range []string{p.UserUUID, p.Email, p.InviteCode} {
		if v != "" {
			set++
		}
	}
	switch {
	case set != 1:
		return "", "", "", valid.Failf("GetParams", "set one of UserUUID, Email and InviteCode, not %d", set)
	case p.UserUUID != "":
		return "UserUUID", "uuid", p.UserUUID, valid.UUID("UserUUID", p.UserUUID)
	case p.Email != "":
		return "Email", "email", p.Email, nil
	default:
		return "InviteCode", "invite_code", p.InviteCode, valid.Identifier("InviteCode", p.InviteCode, maxName)
	}
}

// GetWithCreditsParams name a user, by exactly one of the first three fields,
// and a time.
type GetWithCreditsParams struct {
	UserUUID   string
	Email      string
	InviteCode string
	// At is the time of the balance; zero means now.
	At time.Time
}

// GetWithCreditsResult is a user and their balance.
type GetWithCreditsResult struct {
	User *User `json:"user,omitzero"`
	// Balance is exact as of that time: expired credits are not included.
	Balance *credits.BalanceResult `json:"balance,omitzero"`
}

// GetWithCredits finds a user, as [Get] does, and their balance. A user without
// operations has a zero balance.
//
// Errors: those of Get, and *InvalidError for an impossible time.
func GetWithCredits(ctx context.Context, db bun.IDB, p GetWithCreditsParams) (*GetWithCreditsResult, error) {
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	u, err := Get(ctx, db, GetParams{UserUUID: p.UserUUID, Email: p.Email, InviteCode: p.InviteCode})
	if err != nil {
		return nil, err
	}
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: u.UUID, At: p.At})
	if err != nil {
		return nil, err
	}
	return &GetWithCreditsResult{User: u, Balance: balance}, nil
}
