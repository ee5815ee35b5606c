package orders

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// A provider keeps one balance per customer and currency: what a change of one subscription left there
// may pay for another subscription, or for a one-time purchase. So money that was given back twice is
// followed to whatever it paid for.
//
// The user's oldest order is the lock for that. It is taken before all others once any of the user's
// orders involves a balance, so that calls about two subscriptions of one user wait for each other
// there. The first such order is not known before it is written, and takes the lock late, but then
// there is no other order to lock.

// purse names a balance.
type purse struct {
	provider           PayType
	customer, currency string
}

func (o *Order) purse() purse { return purse{o.PayType, o.CustomerRef, o.Currency} }

// begun returns when the order's period began, or when it was paid.
func (o *Order) begun() time.Time {
	if o.PeriodStart.IsZero() {
		return o.PaidAt
	}
	return o.PeriodStart
}

// elsewhere returns the numbers of the orders that involve the same balance as o: those that it paid,
// and those of subscriptions whose changes left money there. changed says that o's subscription is one
// of these. There are none if no money moves from one to another.
func (o *Order) elsewhere(ctx context.Context, tx bun.Tx, changed bool) ([]string, error) {
	oldest, err := o.lockBalance(ctx, tx)
	if err == nil && oldest != nil {
		err = oldest.touch(ctx, tx)
	}
	if err != nil {
		return nil, err
	}
	var found []Order
	q := rows.Now(ctx, tx, tx.NewSelect().Model(&found)).Column("order_no", "sub_id", "from_balance", "gives_back", "takes_back", "grants")
	if o.CustomerRef == "" {
		q = q.Where("customer_ref IS NULL")
	} else {
		q = q.Where("customer_ref = ?", o.CustomerRef)
	}
	err = q.Where("user_uuid = ?", o.UserUUID).Where("pay_type = ?", o.PayType).Where("currency = ?", o.Currency).
		Where("(from_balance > 0 OR gives_back > 0 OR takes_back > 0)").
		Where("status IN (?, ?)", StatusPaid, StatusRefunded).OrderExpr("id").Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	var nos, subs []string
	apart := false
	for i := range found {
		other := &found[i]
		nos = append(nos, other.OrderNo)
		apart = apart || other.SubID != o.SubID || other.SubID == ""
		gives := other.GivesBack > 0 || other.TakesBack > 0
		changed = changed || gives
		if whole := gives || other.Grants > 0; whole && other.SubID != "" && !slices.Contains(subs, other.SubID) {
			subs = append(subs, other.SubID)
		}
	}
	if !apart || !changed {
		return nil, nil
	}
	return o.ofAll(ctx, tx, subs, nos)
}

// lockShared locks the user's oldest order before o is locked, if what happens to o may affect the
// user's other orders.
func (o *Order) lockShared(ctx context.Context, tx bun.Tx) error {
	if o.SubID == "" && o.FromBalance == 0 {
		return nil
	}
	var balances []int64
	err := rows.Now(ctx, tx, tx.NewSelect().Model((*Order)(nil))).ColumnExpr("1").Where("user_uuid = ?", o.UserUUID).
		Where("(from_balance > 0 OR gives_back > 0 OR takes_back > 0)").Limit(1).Scan(ctx, &balances)
	if err != nil || len(balances) == 0 {
		return dialect.Classify(err)
	}
	_, err = o.lockBalance(ctx, tx)
	return err
}

// lockBalance locks the user's oldest order, and returns it unless that is o, or locked
// with it anyway.
func (o *Order) lockBalance(ctx context.Context, tx bun.Tx) (*Order, error) {
	var oldest []string
	err := tx.NewSelect().Model((*Order)(nil)).Column("order_no").
		Where("user_uuid = ?", o.UserUUID).OrderExpr("id").Limit(1).Scan(ctx, &oldest)
	if err != nil || len(oldest) == 0 || oldest[0] == o.OrderNo || oldest[0] == o.FirstOrderNo {
		return nil, dialect.Classify(err)
	}
	locked, err := lockOrder(ctx, tx, o.UserUUID, oldest[0])
	return locked, unless(err, ErrNotFound)
}

// ofAll adds the numbers of all paid orders of subscriptions.
func (o *Order) ofAll(ctx context.Context, tx bun.Tx, subs, nos []string) ([]string, error) {
	if len(subs) == 0 {
		return nos, nil
	}
	var more []string
	err := rows.Now(ctx, tx, tx.NewSelect().Model((*Order)(nil))).Column("order_no").
		Where("user_uuid = ?", o.UserUUID).Where("sub_id IN (?)", bun.List(subs)).
		Where("status IN (?, ?)", StatusPaid, StatusRefunded).OrderExpr("id").Scan(ctx, &more)
	for _, no := range more {
		if !slices.Contains(nos, no) {
			nos = append(nos, no)
		}
	}
	return nos, dialect.Classify(err)
}
