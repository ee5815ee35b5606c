package affiliates

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListParams name a referrer and a page of their commissions.
type ListParams struct {
	// UserUUID is who earned them, required.
	UserUUID string
	// Status, when set, is the status to list, including the equivalent statuses of
	// an adopted database.
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
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Commission], error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	return read(ctx, db, p)
}

// ListAllParams name a page of everyone's commissions.
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
	words, err := page.Spelled(ctx, db, (*Commission)(nil), "status", foreignWords()[p.Status])
	if err != nil {
		return nil, err
	}
	none := false
	if p.Status == StatusPending {
		if none, err = unstated(ctx, db); err != nil {
			return nil, err
		}
	}
	rows := page.List[Commission]{
		Scope:  "affiliates/" + p.UserUUID + "/" + string(p.Status),
		Column: "created_at",
		Where: func(q *bun.SelectQuery) *bun.SelectQuery {
			q = page.Equal(q, "user_uuid", p.UserUUID)
			if !none {
				return page.OneOf(q, "status", p.Status, words)
			}
			return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
				return page.OneOf(q, "status", p.Status, words).WhereOr("?TableAlias.status IS NULL")
			})
		},
		Place: func(c *Commission) (time.Time, int64) { return c.CreatedAt, c.ID },
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}

// unstated reports whether another program left commissions without a status, which an
// index tells at once.
func unstated(ctx context.Context, db bun.IDB) (found bool, err error) {
	one := db.NewSelect().Model((*Commission)(nil)).ColumnExpr("1").Where("?TableAlias.status IS NULL")
	return found, dialect.Classify(db.NewSelect().ColumnExpr("EXISTS (?)", one).Scan(ctx, &found))
}
