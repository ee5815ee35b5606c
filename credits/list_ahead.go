package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListAheadParams ask for the accounts whose time is ahead of the database's clock.
type ListAheadParams struct {
	// MaxAhead is how far ahead an account's time may be and not be listed; 0
	// means [DefaultMaxAhead].
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

// ListAhead lists accounts whose time is ahead of the database's clock, in the
// database's order of user uuids: those that a wrong clock has moved ahead. It
// reads all accounts, because no index serves it, and is for such a day alone.
//
// Errors: *InvalidError; *dialect.Error.
func ListAhead(ctx context.Context, db bun.IDB, p ListAheadParams) (*list.Page[AheadAccount], error) {
	limit, err := pageLimit(p.Limit)
	if err := valid.First(err, checkAhead(p.MaxAhead), valid.Optional("Cursor", p.Cursor, maxAccountBytes)); err != nil {
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
		p.Cursor, now+aheadOr(p.MaxAhead), limit+1).Scan(ctx, &rows)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].UserUUID
	}
	ahead := make([]AheadAccount, len(rows))
	for i, row := range rows {
		ahead[i] = AheadAccount{UserUUID: row.UserUUID, At: column.Time(row.AsOfUs)}
	}
	return page.Of(ahead, next), nil
}
