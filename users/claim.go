package users

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// An email has one user, by the database's uniqueness rule. Who has proven that
// it is theirs keeps it; who has not only has it until somebody proves it. That
// person gets the address and nothing else: what opens the other user's account
// (identities, API keys, sessions and passwords of the application) was made by
// somebody who never showed that they are the same.

// claim is a request for an email.
type claim struct {
	email string // in the form that is stored
	given string // as the caller wrote it
	// proven means that a provider or the caller vouches for the address.
	proven bool
	// own is the uuid of the user it is for, "" for a user who is being created.
	own string
	at  time.Time
}

// make frees the email and returns the user who had it without proof, nil when
// it was free. With again it looks behind the transaction's snapshot, too. It
// returns *EmailTakenError when the email stays whose it is, and a
// *lostRaceError when it just changed hands.
func (c claim) make(ctx context.Context, tx bun.Tx, again bool) (displaced *User, err error) {
	holder, err := c.holder(ctx, tx, again)
	if err != nil || holder == nil || holder.UUID == c.own {
		return nil, err
	}
	taken := &EmailTakenError{Email: c.email}
	if !c.proven || !holder.EmailUnverified {
		return nil, taken
	}
	return c.displace(ctx, tx, holder)
}

func (c claim) holder(ctx context.Context, tx bun.Tx, again bool) (*User, error) {
	if again {
		return emailHolder(ctx, tx, c.email, c.given)
	}
	return findByEmail(ctx, tx, c.email, c.given, false)
}

// displace takes the email from a user who has not proven it.
func (c claim) displace(ctx context.Context, tx bun.Tx, holder *User) (*User, error) {
	u, err := lockKnownUser(ctx, tx, holder.UUID)
	if err != nil {
		return nil, err
	}
	if u == nil || !u.EmailUnverified || address.Form(u.Email) != c.email {
		return nil, &lostRaceError{outcome: &EmailTakenError{Email: c.email}}
	}
	u.Email, u.UpdatedAt = "unproven-"+u.UUID+"@"+reservedDomain, c.at
	return u, updateUser(ctx, tx, u, "email", "updated_at")
}

// takeEmail runs take, which makes a claim and then writes the email, and runs it
// again when another transaction was faster: who has the email now may not have
// proven it.
func takeEmail(take func(again bool) error) error {
	var err error
	for look := range maxLooks {
		err = take(look > 0)
		lost, isLost := errors.AsType[*lostRaceError](err)
		if !isLost {
			return err
		}
		err = lost.outcome
	}
	return err
}

// maxLooks is how many times a claim or a sign-in is tried again because another
// transaction was faster. Each try sees what the other one wrote; a user who is deleted in
// between costs one more.
const maxLooks = 5

// lostRaceError says that another transaction was faster, and that the claim has to be
// tried again. outcome is what to report if that does not show who it was.
type lostRaceError struct{ outcome error }

func (*lostRaceError) Error() string { return "users: another call was faster" }

// lostEmail turns a refusal by the uniqueness rule into a lost race, for a look
// at who has the email now, unless that was looked at already.
func lostEmail(err error, again bool) error {
	taken, isTaken := errors.AsType[*EmailTakenError](err)
	if isTaken && !again {
		return &lostRaceError{outcome: taken}
	}
	return err
}

// sameProvider reports whether a user, who is locked, has an identity at the
// provider already, or had one, under another subject: such a profile is another
// person's, who has the address now.
//
// The user's row says so, which is as it is now. A plain read of the identities
// may be older than the lock, in a caller's transaction on MySQL; it is for those
// that an older version linked and did not note.
func sameProvider(ctx context.Context, tx bun.Tx, u *User, p Profile) (bool, error) {
	if known := u.formerSubjects()[p.Provider]; len(known) > 0 && !slices.Contains(known, p.Subject) {
		return true, nil
	}
	n, err := rows.Count(ctx, rows.Now(ctx, tx, tx.NewSelect().Model((*Identity)(nil))).Column("id").
		Where("user_uuid = ?", u.UUID).Where("provider = ?", p.Provider).Where("subject <> ?", p.Subject))
	return n > 0, err
}
