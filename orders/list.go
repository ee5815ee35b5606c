package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// Sort is the order of a list.
type Sort string

// The orders of a list.
const (
	// SortPayment is the newest payment first; then the orders without one,
	// the latest recorded first.
	SortPayment Sort = "payment"
	// SortCreation is the newest order first.
	SortCreation Sort = "creation"
)

// Valid reports whether s is one of the orders above.
func (s Sort) Valid() bool { return s == SortPayment || s == SortCreation }

// ListParams names a user and a page of their orders.
type ListParams struct {
	// UserUUID is whose orders, required.
	UserUUID string
	// Sort is SortPayment when empty.
	Sort Sort
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// List returns a page of a user's orders, none for an unknown user. An order
// that is paid while a caller pages by payment may be missed by later pages.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Order], error) {
	if p.Sort == "" {
		p.Sort = SortPayment
	}
	if err := valid.First(valid.UUID("UserUUID", p.UserUUID), oneOf("Sort", p.Sort)); err != nil {
		return nil, err
	}
	rows := page.List[Order]{
		Scope:  "orders/" + string(p.Sort) + "/" + p.UserUUID,
		Column: "paid_at",
		By:     []page.Term{{Column: "user_uuid", Value: p.UserUUID}},
		Place:  func(o *Order) (time.Time, int64) { return o.PaidAt, o.ID },
	}
	if p.Sort == SortCreation {
		rows.Column = "created_at"
		rows.Place = func(o *Order) (time.Time, int64) { return o.CreatedAt, o.ID }
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}

// ListAllParams names a page of everyone's orders.
type ListAllParams struct {
	// Status, when set, is the status to list, including the equivalent statuses of
	// an adopted database.
	Status Status
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// ListAll returns a page of all orders, the latest recorded first. It is meant
// for administrators. An order whose status changes while a caller pages
// through one status may be missed by later pages.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func ListAll(ctx context.Context, db bun.IDB, p ListAllParams) (*list.Page[Order], error) {
	if p.Status != "" {
		if err := oneOf("Status", p.Status); err != nil {
			return nil, err
		}
	}
	words, err := page.Spelled(ctx, db, (*Order)(nil), "status", foreignWords()[p.Status])
	if err != nil {
		return nil, err
	}
	rows := page.List[Order]{
		Scope:  "orders//" + string(p.Status),
		Column: "created_at",
		Where: func(q *bun.SelectQuery) *bun.SelectQuery {
			return page.OneOf(q, "status", p.Status, words)
		},
		Place: func(o *Order) (time.Time, int64) { return o.CreatedAt, o.ID },
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}
