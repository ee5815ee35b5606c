package credits

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListAheadParams name a page of accounts whose time is ahead of the database's
// clock.
type ListAheadParams struct {
	// MaxAhead is how far ahead an account's time may be without being listed;
	// 0 means [DefaultMaxAhead].
	MaxAhead time.Duration
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// AheadAccount is an account whose time is ahead.
type AheadAccount struct {
	UserUUID string `json:"user_uuid"`
	// At is the account's time, UTC.
	At time.Time `json:"at,omitzero"`
}

// ListAhead lists accounts whose time is ahead of the database's clock because
// a wrong clock moved them there, in the database's order of account IDs. It
// reads all accounts, since no index serves it, and is meant for repairs only.
//
// Errors: *InvalidError; *dialect.Error.
func ListAhead(ctx context.Context, db bun.IDB, p ListAheadParams) (*list.Page[AheadAccount], error) {
	scope := fmt.Sprintf("credits/ahead/%d", aheadOr(p.MaxAhead))
	limit, limitErr := page.Limit(p.Limit)
	after, cursorErr := page.ParseTextCursor(p.Cursor, scope, maxAccountBytes)
	if err := valid.First(limitErr, cursorErr, checkAhead(p.MaxAhead)); err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	now, err := readClock(ctx, db)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	var rows []struct {
		UserUUID string
		AsOfUs   int64
	}
	err = db.NewRaw("SELECT user_uuid, as_of_us FROM credits WHERE user_uuid > ? AND as_of_us > ? ORDER BY user_uuid LIMIT ?",
		after, now+aheadOr(p.MaxAhead), limit+1).Scan(ctx, &rows)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = page.TextCursor(scope, rows[limit-1].UserUUID)
	}
	ahead := make([]AheadAccount, len(rows))
	for i, row := range rows {
		ahead[i] = AheadAccount{UserUUID: row.UserUUID, At: column.Time(row.AsOfUs)}
	}
	return page.Of(ahead, next), nil
}
