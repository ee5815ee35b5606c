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

// DeleteParams names a user to delete.
type DeleteParams struct {
	// UserUUID is required.
	UserUUID string
	// At is when it happened; zero means now.
	At time.Time
}

// DeleteResult is what is left of a user.
type DeleteResult struct {
	// User is the row that stays, without personal data.
	User *User `json:"user,omitzero"`
	// Emails are the addresses that were erased, the user's own first, then those
	// that they had before, then those of identities: for whoever has to erase them
	// elsewhere. Addresses that nobody has proven are not among them: they may be
	// somebody else's, whose data is not to be erased. Do not store them.
	Emails []string `json:"-"`
	// Identities is how many were removed.
	Identities int `json:"identities"`
	// Entries is how many ledger entries had their metadata redacted.
	Entries int64 `json:"entries"`
	// Replayed is true when the user had been deleted before.
	Replayed bool `json:"replayed"`
}

// Delete anonymises a user, in the tables that this package and the ledger
// keep:
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
// The other domains have a Forget verb each; chameleon.DeleteUser is Delete and
// all of them in one transaction, and what a product calls.
//
// A deleted user is not found by any verb here but List with Deleted. Whoever
// signs in with the same identity or email afterwards becomes a new user. The
// ledger goes on knowing the account by its uuid, and so refunds and
// claw-backs that come late are still booked, and a charge for work that was
// under way is still paid from what is left.
//
// It may be repeated, and then erases what was stored since.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when there never was such a user, and *dialect.Error when the
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
