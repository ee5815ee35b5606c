package users

import (
	"context"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ReferralsParams name a referrer and a page of the users whom they invited.
type ReferralsParams struct {
	// UserUUID is the referrer, required.
	UserUUID string
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// ReferralsResult is a page of the users whom a user invited.
type ReferralsResult struct {
	list.Page[User]
	// Total is how many there are in all. It is counted for the first page and
	// passed on to later pages in their cursors.
	Total int64 `json:"total"`
}

// Referrals returns a page of the users whom a user invited, newest sign-up
// first, and how many there are in all. Deleted users are not included. An
// unknown user has none.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func Referrals(ctx context.Context, db bun.IDB, p ReferralsParams) (*ReferralsResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	where := func(q *bun.SelectQuery) *bun.SelectQuery {
		return notDeleted(q.Where("?TableAlias.invited_by = ?", p.UserUUID))
	}
	cursor, total, err := cutTotal(p.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := listOf("referrals/"+p.UserUUID, where).Read(ctx, db, cursor, p.Limit)
	if err != nil {
		return nil, err
	}
	if cursor == "" {
		if total, err = where(db.NewSelect().Model((*User)(nil))).Count(ctx); err != nil {
			return nil, dialect.Classify(err)
		}
	}
	if found.Next != "" {
		found.Next += totalMark + strconv.FormatInt(total, 10)
	}
	return &ReferralsResult{Page: *found, Total: total}, nil
}

// totalMark stands between a cursor and the total, and in no cursor.
const totalMark = "."

// cutTotal parts a cursor of Referrals.
func cutTotal(cursor string) (rest string, total int64, err error) {
	if cursor == "" {
		return "", 0, nil
	}
	rest, number, _ := strings.Cut(cursor, totalMark)
	total, err = strconv.ParseInt(number, 10, 64)
	if err != nil || total < 0 || rest == "" || strconv.FormatInt(total, 10) != number {
		return "", 0, valid.Failf("Cursor", "not a cursor")
	}
	return rest, total, nil
}
