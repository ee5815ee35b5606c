package users

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/erase"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DeleteParams name a user to delete.
type DeleteParams struct {
	// UserUUID is required.
	UserUUID string
	// At is when it happened; zero means now.
	At time.Time
}

// DeleteResult is what remains of a user.
type DeleteResult struct {
	// User is the row that stays, without personal data.
	User *User `json:"user,omitzero"`
	// Emails are the erased addresses, for erasing them elsewhere: the user's own
	// first, then earlier ones, then those of identities. Unverified addresses are
	// left out, since they may be somebody else's. Do not store them.
	Emails []string `json:"-"`
	// Identities is how many were removed.
	Identities int `json:"identities"`
	// Entries is how many ledger entries had their metadata redacted.
	Entries int64 `json:"entries"`
	// Replayed is true when the user had been deleted before.
	Replayed bool `json:"replayed"`
}

// Delete anonymizes a user in the tables of this package and the ledger:
//
//	users            email and invite code become the uuid's, which nobody can
//	                 sign in or sign up with; nickname, avatar, former
//	                 emails and former identities are erased;
//	                 deleted_at is set. The uuid, times, is_affiliate and
//	                 invited_by stay: the pseudonym that the books go by.
//	                 Columns that other programs keep personal data in,
//	                 such as signin_ip, are erased.
//	user_identities  the rows are removed
//	welcome_claims   nothing: keyed hashes, of those who asked for them
//	credits_trans    metadata is redacted; see [credits.Redact]
//	credits          nothing: numbers, under the uuid
//
// Each of the other domains has a Forget verb. Products call
// chameleon.DeleteUser, which runs Delete and all of these in one transaction.
//
// No verb here finds a deleted user, except List with Deleted. Whoever signs in
// with the same identity or email afterwards becomes a new user. The ledger
// keeps the account under its uuid, so late refunds and claw-backs are still
// booked, and a charge for work under way is still paid from what is left.
//
// Calling it again erases what was stored since.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when no such user ever existed, and *dialect.Error when the
// engine fails.
func Delete(ctx context.Context, db bun.IDB, p DeleteParams) (*DeleteResult, error) {
	at, atErr := valid.Time("At", p.At)
	if err := valid.First(valid.UUID("UserUUID", p.UserUUID), atErr); err != nil {
		return nil, err
	}
	var result *DeleteResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		u, err := lockUserRow(ctx, tx, p.UserUUID)
		if err != nil {
			return err
		}
		if u == nil {
			return notFound("UserUUID", p.UserUUID)
		}
		result = &DeleteResult{User: u, Replayed: !u.DeletedAt.IsZero()}
		result.add(u.Email, u.EmailUnverified)
		for _, email := range u.formerEmails() {
			result.add(email, false)
		}
		if err := result.removeIdentities(ctx, tx); err != nil {
			return err
		}
		if err := u.anonymise(ctx, tx, at); err != nil {
			return err
		}
		if _, err := erase.Columns(ctx, tx, (*User)(nil), "uuid = ?", u.UUID); err != nil {
			return err
		}
		redacted, err := credits.Redact(ctx, tx, credits.RedactParams{UserUUID: u.UUID})
		if err != nil {
			return err
		}
		result.Entries = redacted.Entries
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// add adds an address that the user had.
func (r *DeleteResult) add(email string, unverified bool) {
	if email != "" && !unverified && !isReserved(email) && !slices.Contains(r.Emails, email) {
		r.Emails = append(r.Emails, email)
	}
}

// removeIdentities removes the identities of the user, who is locked.
func (r *DeleteResult) removeIdentities(ctx context.Context, tx bun.Tx) error {
	for {
		found, err := identitiesOf(ctx, tx, r.User.UUID)
		if err != nil {
			return err
		}
		for i := range found {
			id := &found[i]
			r.add(id.Email, !id.EmailVerified)
			if err := removeIdentity(ctx, tx, id); err != nil {
				return err
			}
		}
		r.Identities += len(found)
		if len(found) < identitiesAtOnce {
			return nil
		}
	}
}

// anonymise takes everything personal from the row, also what another program
// wrote to it after the user was deleted.
func (u *User) anonymise(ctx context.Context, tx bun.Tx, at time.Time) error {
	bare := *u
	bare.Email, bare.EmailUnverified = "deleted-"+u.UUID+"@"+reservedDomain, false
	bare.Nickname, bare.AvatarURL, bare.InviteCode, bare.FormerEmails, bare.FormerIdentities = "", "", "deleted-"+u.UUID, "", ""
	if bare == *u && !u.DeletedAt.IsZero() {
		return nil
	}
	*u = bare
	u.UpdatedAt = at
	if u.DeletedAt.IsZero() {
		u.DeletedAt = at
	}
	return updateUser(ctx, tx, u, "email", "email_unverified", "nickname", "avatar_url",
		"invite_code", "former_emails", "former_identities", "updated_at", "deleted_at")
}
