package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultAheadLimit and MaxAheadLimit bound the accounts that one call lists.
const (
	DefaultAheadLimit = 500
	MaxAheadLimit     = 10_000
)

// ListAheadParams ask for the accounts whose time is ahead of the database's clock.
type ListAheadParams struct {
	// MaxAhead is how far ahead an account's time may be and not be listed; 0
	// means [DefaultMaxAhead].
	MaxAhead time.Duration
	// After is the account to go on after: the last one of the call before, empty
	// for the first.
	After string
	// Limit is how many to list at most; 0 means DefaultAheadLimit, and
	// MaxAheadLimit is the maximum.
	Limit int
}

// AheadAccount is an account whose time is ahead.
type AheadAccount struct {
	UserUUID string
	// At is the account's time, UTC.
	At time.Time
}

// ListAhead lists accounts whose time is ahead of the database's clock, in the
// database's order of user uuids: those that a wrong clock has moved ahead. It
// reads all accounts, because no index serves it, and is for such a day alone.
//
// Errors: *InvalidError; *dialect.Error.
func ListAhead(ctx context.Context, db bun.IDB, p ListAheadParams) ([]AheadAccount, error) {
	if p.Limit < 0 || p.Limit > MaxAheadLimit {
		return nil, valid.Failf("Limit", "%d is not between 0 and %d", p.Limit, MaxAheadLimit)
	}
	if err := valid.First(checkAhead(p.MaxAhead), valid.Optional("After", p.After, maxAccountBytes)); err != nil {
		return nil, err
	}
	if p.Limit == 0 {
		p.Limit = DefaultAheadLimit
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
		p.After, now+aheadOr(p.MaxAhead), p.Limit).Scan(ctx, &rows)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	out := make([]AheadAccount, len(rows))
	for i, row := range rows {
		out[i] = AheadAccount{UserUUID: row.UserUUID, At: column.Time(row.AsOfUs)}
	}
	return out, nil
}
