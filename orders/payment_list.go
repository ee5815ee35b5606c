package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListPaymentsParams names a page of payments.
type ListPaymentsParams struct {
	// OrderNo, when set, is the order whose payments to list.
	OrderNo string
	// Status, when set, is the status to list: PaymentSurplus for payments to
	// give back, PaymentUnmatched for those known only from refunds or
	// disputes.
	Status PaymentStatus
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// ListPayments returns a page of payments, the latest recorded first. It is
// meant for administrators. A payment whose status changes while a caller pages
// through one status may be missed by later pages.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func ListPayments(ctx context.Context, db bun.IDB, p ListPaymentsParams) (*list.Page[Payment], error) {
	if p.Status != "" {
		if err := oneOf("Status", p.Status); err != nil {
			return nil, err
		}
	}
	if p.OrderNo != "" {
		if err := valid.Identifier("OrderNo", p.OrderNo, maxName); err != nil {
			return nil, err
		}
	}
	rows := page.List[Payment]{
		Scope:  "payments/" + string(p.Status) + "/" + p.OrderNo,
		Column: "created_at",
		By:     []page.Term{{Column: "status", Value: string(p.Status)}, {Column: "order_no", Value: p.OrderNo}},
		Place:  func(pm *Payment) (time.Time, int64) { return pm.CreatedAt, pm.ID },
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}
