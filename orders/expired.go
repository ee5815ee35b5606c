package orders

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// expired reports whether credits that end then are over on the buyer's account.
func (o *Order) expired(ctx context.Context, tx bun.Tx, end, at time.Time) (bool, error) {
	if !end.After(at) {
		return true, nil
	}
	now, err := o.accountTime(ctx, tx, at)
	return !end.After(now), err
}

// accountTime returns at, or the time of the buyer's account, which never runs backwards, if
// that is later. The account is locked, so that its time does not change meanwhile.
func (o *Order) accountTime(ctx context.Context, tx bun.Tx, at time.Time) (time.Time, error) {
	account := new(credits.Account)
	err := rows.Lock(ctx, tx, account, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Column("id", "as_of_us").Where("user_uuid = ?", o.UserUUID)
	})
	if err = dialect.Classify(unless(err, sql.ErrNoRows)); err != nil {
		return time.Time{}, err
	}
	return time.UnixMicro(max(at.UnixMicro(), account.AsOfUs)).UTC(), nil
}
