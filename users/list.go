package users

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/list"
)

// ListParams name a page of users.
type ListParams struct {
	// Affiliates lists only members of the affiliate program.
	Affiliates bool
	// Deleted lists deleted users instead, latest deletion first.
	Deleted bool
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// List returns a page of users, newest sign-up first. Rows of other programs
// without a sign-up time come last.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[User], error) {
	scope := fmt.Sprintf("users/%t/%t", p.Affiliates, p.Deleted)
	rows := listOf(scope, func(q *bun.SelectQuery) *bun.SelectQuery {
		if p.Deleted {
			q = isDeleted(q)
		} else {
			q = notDeleted(q)
		}
		if p.Affiliates {
			q = isAffiliate(q)
		}
		return q
	})
	if p.Deleted {
		rows.Column, rows.Place = "deleted_at", func(u *User) (time.Time, int64) { return u.DeletedAt, u.ID }
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}

func notDeleted(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Where("?TableAlias.deleted_at IS NULL")
}

func isDeleted(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Where("?TableAlias.deleted_at IS NOT NULL")
}

func isAffiliate(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Where("?TableAlias.is_affiliate = ?", true)
}

// listOf is a list of users, the newest first.
func listOf(scope string, where func(*bun.SelectQuery) *bun.SelectQuery) page.List[User] {
	return page.List[User]{
		Scope: scope, Column: "created_at", Where: where,
		Place: func(u *User) (time.Time, int64) { return u.CreatedAt, u.ID },
	}
}
