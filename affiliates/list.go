package affiliates

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListParams names a referrer and a page of their commissions.
type ListParams struct {
	// UserUUID is who earned them, required.
	UserUUID string
	// Status, when set, is the one to list.
	Status Status
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// List returns a page of what a referrer earned, newest first, none for an
// unknown user. A commission whose status changes while a caller pages through
// one status may be missed by later pages.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of
// another list included, and *dialect.Error when the engine fails.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Commission], error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	return read(ctx, db, p)
}

// ListAllParams names a page of everyone's commissions.
type ListAllParams struct {
	// Status, when set, is the one to list.
	Status Status
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// ListAll returns a page of all commissions, newest first: an admin's view.
//
// Errors: those of [List].
func ListAll(ctx context.Context, db bun.IDB, p ListAllParams) (*list.Page[Commission], error) {
	return read(ctx, db, ListParams{Status: p.Status, Cursor: p.Cursor, Limit: p.Limit})
}

func read(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Commission], error) {
	if p.Status != "" && !p.Status.Valid() {
		return nil, valid.Failf("Status", "unknown")
	}
	rows := page.List[Commission]{
		Scope:  "affiliates/" + p.UserUUID + "/" + string(p.Status),
		Column: "created_at",
		Where: func(q *bun.SelectQuery) *bun.SelectQuery {
			q = page.Equal(q, "user_uuid", p.UserUUID)
			q = page.Equal(q, "status", p.Status)
			return q
		},
		Place: func(c *Commission) (time.Time, int64) { return c.CreatedAt, c.ID },
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}
