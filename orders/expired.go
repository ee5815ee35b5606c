package orders

import (
	"context"
	"database/sql"
	"errors"
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
// that is later.
func (o *Order) accountTime(ctx context.Context, tx bun.Tx, at time.Time) (time.Time, error) {
	account, err := o.account(ctx, tx)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMicro(max(at.UnixMicro(), account.AsOfUs)).UTC(), nil
}

// account returns the buyer's account, empty for none. It is locked, so that it does not change
// meanwhile.
func (o *Order) account(ctx context.Context, tx bun.Tx) (*credits.Account, error) {
	account := new(credits.Account)
	err := rows.Lock(ctx, tx, account, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Column("id", "as_of_us", "open_lot", "open_left").Where("user_uuid = ?", o.UserUUID)
	})
	return account, dialect.Classify(unless(err, sql.ErrNoRows))
}

// lost returns how many credits of the order's grant have expired, those that were held included.
// What a renewal carried over does not count, and what was taken back of the rest since does; nil
// is none.
func (o *Order) lost(ctx context.Context, tx bun.Tx, at time.Time, on *carriedOn, but *Order) (int64, error) {
	op, err := ledgerDid(ctx, tx, o.UserUUID, o.grantKey())
	if err != nil {
		return 0, err
	}
	kept, looked, err := but.carries(ctx, tx)
	if err != nil {
		return 0, err
	}
	account, err := o.account(ctx, tx)
	if err != nil {
		return 0, err
	}
	var lots []credits.Lot
	lot, now := op.Entries[0].Lot, max(at.UnixMicro(), account.AsOfUs)
	err = rows.Now(ctx, tx, tx.NewSelect().Model(&lots)).Where("user_uuid = ?", o.UserUUID).
		Where("(lot = ? OR origin = ?)", lot, lot).Where("expires_us <= ?", now).Scan(ctx)
	var sum int64
	for i := range lots {
		l := &lots[i]
		if kept[l.Lot] {
			continue
		}
		if sum += l.Free + l.Held; l.Lot == account.OpenLot {
			sum += account.OpenLeft
		}
		for _, claw := range on.claws {
			for _, e := range claw.entries {
				if but != nil && e.Lot == l.Lot && e.OpSeq > looked {
					sum -= e.Credits
				}
			}
		}
	}
	return sum, dialect.Classify(err)
}

// carries returns the lots into which an order's grants carried credits over, and the number of the
// first grant's entry, or nothing for no order.
func (o *Order) carries(ctx context.Context, tx bun.Tx) (lots map[int64]bool, first int64, err error) {
	if o == nil {
		return nil, 0, nil
	}
	lots = map[int64]bool{}
	for n := range o.Regrants + 1 {
		op, err := ledgerDid(ctx, tx, o.UserUUID, grantKey(o.OrderNo, n))
		if errors.Is(err, credits.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		for lot := range carriedBy(op) {
			lots[lot] = true
		}
		if first == 0 {
			first = op.Entries[0].Seq
		}
	}
	return lots, first, nil
}
