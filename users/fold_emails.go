package users

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// FoldEmailsParams configure [FoldEmails].
type FoldEmailsParams struct {
	// DryRun counts and writes nothing.
	DryRun bool
	// At is when it happened; zero means now.
	At time.Time
}

// FoldEmailsResult is what [FoldEmails] did.
type FoldEmailsResult struct {
	// Folded is how many emails were in another form. Odd is how many cannot be
	// normalized; they stay, and are found by their exact spelling.
	Folded int64 `json:"folded"`
	Odd    int64 `json:"odd"`
	// Twins are users whose emails have the same normalized form. They are left as
	// they are: the exact spelling finds each of them, and any other spelling finds
	// the oldest.
	Twins []EmailTwin `json:"twins,omitempty"`
}

// EmailTwin is a user whose email another user has in a different spelling.
type EmailTwin struct {
	UserUUID string `json:"user_uuid"`
	Email    string `json:"email"`
	// Form is the stored form, which both have.
	Form string `json:"form"`
}

// FoldEmails normalizes the emails of the original application's users. The
// original looks up users by the spelling that it wrote, so call this once it has
// been retired. Users whose emails have the same form are listed, and not merged.
//
// Each user is handled in a transaction of its own; the pass may be stopped and
// restarted.
//
// Errors: *InvalidError; *dialect.Error, after which earlier users are done, and
// the result says how many.
func FoldEmails(ctx context.Context, db *bun.DB, p FoldEmailsParams) (*FoldEmailsResult, error) {
	result := &FoldEmailsResult{}
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	twins, err := twinKeys(ctx, db)
	if err != nil {
		return nil, err
	}
	key := lowered(dialect.Of(db), "?TableAlias.email")
	for after := int64(0); ; {
		var found []lowerUser
		err := db.NewSelect().Model(&found).Column("u.*").ColumnExpr("? AS lower_email", key).
			Where("original = ?", true).Where("id > ?", after).Where("deleted_at IS NULL").
			OrderExpr("id").Limit(list.MaxLimit).Scan(ctx)
		if err != nil {
			return result, dialect.Classify(err)
		}
		for i := range found {
			if err := result.fold(ctx, db, &found[i], twins[found[i].LowerEmail], at, p.DryRun); err != nil {
				return result, dialect.Classify(err)
			}
		}
		if len(found) < list.MaxLimit {
			return result, nil
		}
		after = found[len(found)-1].ID
	}
}

// lowerUser is a user with their email as the engine lowers it.
type lowerUser struct {
	bun.BaseModel `bun:"table:users,alias:u"`
	User

	LowerEmail string `bun:"lower_email,scanonly"`
}

// twinKeys returns what the engine makes, in lower case, of emails that several of
// the original's users have.
func twinKeys(ctx context.Context, db bun.IDB) (map[string]bool, error) {
	var keys []string
	key := lowered(dialect.Of(db), "?TableAlias.email")
	err := db.NewSelect().Model((*User)(nil)).ColumnExpr("? AS lower_email", key).
		Where("original = ?", true).Where("deleted_at IS NULL").
		GroupExpr("1").Having("COUNT(*) > 1").Scan(ctx, &keys)
	twins := make(map[string]bool, len(keys))
	for _, key := range keys {
		twins[key] = true
	}
	return twins, dialect.Classify(err)
}

// fold gives one email its stored form and takes the row's mark away.
func (r *FoldEmailsResult) fold(ctx context.Context, db *bun.DB, seen *lowerUser, twin bool, at time.Time, dry bool) error {
	form, refused := address.Stored("Email", seen.Email)
	if refused != nil {
		r.Odd++
		return nil //nolint:nilerr // no address, and no error of the pass
	}
	if !twin {
		n, err := rows.Count(ctx, db.NewSelect().Model((*User)(nil)).Column("id").Where("email = ?", form).Where("id <> ?", seen.ID))
		if err != nil {
			return err
		}
		twin = n > 0
	}
	switch {
	case twin:
		r.Twins = append(r.Twins, EmailTwin{UserUUID: seen.UUID, Email: seen.Email, Form: form})
		return nil
	case dry && seen.Email != form:
		r.Folded++
		return nil
	case dry:
		return nil
	}
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		u, err := lockUser(ctx, tx, seen.UUID)
		if err != nil || u == nil || u.Email != seen.Email {
			return err // its owner changed it: another pass looks
		}
		u.Original = false
		if u.Email == form {
			return updateUser(ctx, tx, u, "original")
		}
		u.keepFormer(u.Email, u.EmailUnverified)
		u.Email, u.UpdatedAt = form, at
		err = updateUser(ctx, tx, u, "original", "email", "former_emails", "updated_at")
		if err == nil {
			r.Folded++
		}
		return err
	})
}
