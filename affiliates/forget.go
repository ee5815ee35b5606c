package affiliates

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/erase"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ForgetParams name a user whose personal data is to be erased. Rows that other
// programs wrote do not name the user; they are found by Emails and OrderNos,
// and otherwise stay.
type ForgetParams struct {
	UserUUID string
	// Emails are the addresses that the user has had.
	Emails []string
	// OrderNos are the numbers of the user's orders.
	OrderNos []string
}

// ForgetResult says what was erased.
type ForgetResult struct {
	// Commissions is how many commissions held personal data.
	Commissions int64 `json:"commissions"`
}

// forgetBatch is how many orders or rows one statement names.
const forgetBatch = 500

// Forget erases a user's email from the commissions that others earned on their
// orders and, in an adopted table, what the other program stored about the customer
// (customer_name, paid_email and the like). The commissions stay, and so do those
// that the user earned.
//
// In rows that other programs wrote, data is erased under the OrderNos and under
// the Emails, in any spelling with the same stored form.
//
// It may be called again.
//
// Errors: *InvalidError and *dialect.Error.
func Forget(ctx context.Context, db bun.IDB, p ForgetParams) (*ForgetResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	for _, email := range p.Emails {
		if err := valid.Required("Emails", email, 0); err != nil {
			return nil, err
		}
	}
	for _, no := range p.OrderNos {
		if err := valid.Text("OrderNos", no, 0); err != nil {
			return nil, err
		}
	}
	var result *ForgetResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		result = &ForgetResult{}
		if err := result.erase(ctx, tx, "customer_uuid = ?", p.UserUUID); err != nil {
			return err
		}
		for nos := range slices.Chunk(p.OrderNos, forgetBatch) {
			if err := result.erase(ctx, tx, "customer_uuid IS NULL AND order_uuid IN (?)", bun.List(nos)); err != nil {
				return err
			}
		}
		ids, err := withEmail(ctx, tx, p.Emails)
		if err != nil {
			return err
		}
		for batch := range slices.Chunk(ids, forgetBatch) {
			if err := result.erase(ctx, tx, "id IN (?)", bun.List(batch)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// erase erases what the rows for which a condition holds keep of the customer: the
// email, and columns of another program.
func (r *ForgetResult) erase(ctx context.Context, tx bun.Tx, where string, arg any) error {
	n, err := rows.Blank(ctx, tx, (*Commission)(nil), []string{"customer_email"}, where+" AND customer_email IS NOT NULL", arg)
	if err != nil {
		return err
	}
	adopted, err := erase.CustomerColumns(ctx, tx, (*Commission)(nil), where, arg)
	r.Commissions += max(n, adopted)
	return err
}

// likeBatch is how many emails one statement looks for.
const likeBatch = 50

// withEmail returns the ids of the rows of other programs that have one of the
// emails. The database is asked for more than that, by patterns, because engines
// disagree on the case of letters, and on white space; what matches is decided here.
func withEmail(ctx context.Context, tx bun.Tx, emails []string) ([]int64, error) {
	var ids []int64
	for batch := range slices.Chunk(emails, likeBatch) {
		var found []Commission
		err := tx.NewSelect().Model(&found).Column("id", "customer_email").Where("customer_uuid IS NULL").
			WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
				for _, email := range batch {
					q = q.WhereOr("LOWER(customer_email) LIKE ?", loosely(email)).
						WhereOr("LOWER(customer_email) LIKE ?", loosely(address.Punycode(email)))
				}
				return q
			}).Scan(ctx)
		if err != nil {
			return nil, dialect.Classify(err)
		}
		for i := range found {
			if slices.ContainsFunc(batch, func(email string) bool {
				return found[i].CustomerEmail == email || address.Form(found[i].CustomerEmail) == address.Form(email)
			}) {
				ids = append(ids, found[i].ID)
			}
		}
	}
	return ids, nil
}

// loosely is a pattern for what is stored alike, and more: ASCII letters, digits
// and what parts them stand for themselves.
func loosely(email string) string {
	return "%" + strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '@', r == '.', r == '-':
			return r
		}
		return '%'
	}, email) + "%"
}
