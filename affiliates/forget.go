package affiliates

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ForgetParams names a user whose personal data is to be erased.
type ForgetParams struct {
	UserUUID string
	// Emails are the user's addresses, by which rows are found that other
	// programs wrote. Without them only rows that name the user are erased.
	Emails []string
}

// ForgetResult says what was erased.
type ForgetResult struct {
	// Commissions is how many held personal data.
	Commissions int64
}

// Forget erases a user's email from the commissions that others earned by
// their orders. The commissions stay, and so do those that the user earned.
//
// Rows that other programs wrote do not say whose they are. They are found by
// their email, in any case of ASCII letters.
//
// It may be repeated. Errors: *InvalidError and *dialect.Error.
func Forget(ctx context.Context, db bun.IDB, p ForgetParams) (*ForgetResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	var emails []string
	for _, email := range p.Emails {
		if err := valid.Required("Emails", email, 0); err != nil {
			return nil, err
		}
		emails = append(emails, email, strings.ToLower(email))
	}
	slices.Sort(emails)
	emails = slices.Compact(emails)
	result := &ForgetResult{}
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		own, err := eraseEmail(ctx, tx.NewUpdate().Where("customer_uuid = ?", p.UserUUID))
		if err != nil || len(emails) == 0 {
			result.Commissions = own
			return err
		}
		legacy, err := eraseEmail(ctx, tx.NewUpdate().Where("customer_uuid IS NULL").
			Where("(customer_email IN (?) OR LOWER(customer_email) IN (?))", bun.List(emails), bun.List(emails)))
		result.Commissions = own + legacy
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

func eraseEmail(ctx context.Context, q *bun.UpdateQuery) (int64, error) {
	res, err := q.Model((*Commission)(nil)).Set("customer_email = NULL").
		Where("customer_email IS NOT NULL").Exec(ctx)
	if err != nil {
		return 0, dialect.Classify(err)
	}
	return res.RowsAffected()
}
