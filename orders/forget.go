package orders

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/erase"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ForgetParams names a user whose personal data is to be erased.
type ForgetParams struct {
	UserUUID string
}

// ForgetResult says what was erased.
type ForgetResult struct {
	// Orders is how many held personal data, at least: of columns of its own and of
	// another program's, the larger number.
	Orders int64
	// OrderNos are the numbers of all of the user's orders, by which other tables
	// may name them.
	OrderNos []string
}

// Forget erases what a user's orders hold of the person: the provider's words
// for why a payment failed, which may name them or their bank; and, in an adopted
// table, what the other program kept of the payer (user_email, paid_email,
// order_detail, paid_detail and the like).
//
// All else stays: the law of most places wants orders and amounts kept for
// years, and the payment provider's references are what refunds and disputes
// are matched by. They point at personal data that only the provider has.
//
// It may be repeated. Errors: *InvalidError and *dialect.Error.
func Forget(ctx context.Context, db bun.IDB, p ForgetParams) (*ForgetResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	result := &ForgetResult{}
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		var err error
		result.Orders, err = rows.Each(ctx, tx, (*Order)(nil), func(where string, args ...any) (int64, error) {
			return rows.Affected(rows.Current(tx).NewUpdate().Model((*Order)(nil)).Set("failure_reason = NULL").
				Where(where, args...).Exec(ctx))
		}, "user_uuid = ? AND failure_reason IS NOT NULL", p.UserUUID)
		if err != nil {
			return err
		}
		adopted, err := erase.Columns(ctx, tx, (*Order)(nil), "user_uuid = ?", p.UserUUID)
		if err != nil {
			return err
		}
		result.Orders = max(result.Orders, adopted)
		result.OrderNos = nil
		return dialect.Classify(tx.NewSelect().Model((*Order)(nil)).Column("order_no").
			Where("user_uuid = ?", p.UserUUID).OrderExpr("order_no").Scan(ctx, &result.OrderNos))
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
