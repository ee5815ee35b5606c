package orders

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/erase"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ForgetParams name a user whose personal data is to be erased.
type ForgetParams struct {
	UserUUID string
}

// ForgetResult says what was erased.
type ForgetResult struct {
	// Orders is at least how many orders held personal data: the larger of the
	// counts for this module's columns and for another program's.
	Orders int64 `json:"orders"`
	// Payments is how many payments did.
	Payments int64 `json:"payments"`
	// OrderNos are the numbers of all of the user's orders, by which other tables
	// may name them.
	OrderNos []string `json:"order_nos,omitempty"`
}

// Forget erases the personal data in a user's orders and payments: the provider's
// explanation of a failed payment, which may name the person or their bank, and, in
// an adopted table, what the other program stored about the payer (user_email,
// paid_email, order_detail, paid_detail and the like).
//
// Everything else stays. Most jurisdictions require orders and amounts to be
// kept for years, and refunds and disputes are matched by the provider's
// references. Those point to personal data that only the provider has.
//
// It may be called again.
//
// Errors: *InvalidError and *dialect.Error.
func Forget(ctx context.Context, db bun.IDB, p ForgetParams) (*ForgetResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	var result *ForgetResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		result = &ForgetResult{}
		var err error
		if result.Orders, err = forgetReasons(ctx, tx, (*Order)(nil), "user_uuid = ?", p.UserUUID); err != nil {
			return err
		}
		adopted, err := erase.Columns(ctx, tx, (*Order)(nil), "user_uuid = ?", p.UserUUID)
		if err != nil {
			return err
		}
		result.Orders = max(result.Orders, adopted)
		err = tx.NewSelect().Model((*Order)(nil)).Column("order_no").
			Where("user_uuid = ?", p.UserUUID).OrderExpr("order_no").Scan(ctx, &result.OrderNos)
		if err != nil {
			return dialect.Classify(err)
		}
		for nos := range slices.Chunk(result.OrderNos, forgetBatch) {
			n, err := forgetReasons(ctx, tx, (*Payment)(nil), "order_no IN (?)", bun.List(nos))
			if err != nil {
				return err
			}
			result.Payments += n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// forgetBatch is how many orders one statement names.
const forgetBatch = 500

// forgetReasons erases why payments failed in the rows of a model for which a
// condition holds.
func forgetReasons(ctx context.Context, tx bun.Tx, model any, where string, arg any) (int64, error) {
	return rows.Blank(ctx, tx, model, []string{"failure_reason"}, where+" AND failure_reason IS NOT NULL", arg)
}
