package orders

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/moment"
)

// grantKey names the credits of an order in the ledger.
func (o *Order) grantKey() string { return o.grantKeyOf(o.Regrants) }

// grantKeyOf is the key of the grant that was made after so many others.
func (o *Order) grantKeyOf(n int64) string {
	if n == 0 && o.GrantKey != "" {
		return o.GrantKey
	}
	return grantKey(o.OrderNo, n)
}

func grantKey(orderNo string, n int64) string {
	if n == 0 {
		return ledgerkey.Of("order:grant", orderNo)
	}
	return ledgerkey.Of("order:grant:"+strconv.FormatInt(n, 10), orderNo)
}

// grant is what a paid order puts on the buyer's account, from its row alone. The
// row's times are bounded as any: they may be another program's.
func (o *Order) grant(ctx context.Context, tx bun.Tx, maxAhead time.Duration) (credits.GrantParams, error) {
	at := o.PaidAt
	if !o.CreditsExpireAt.After(at) {
		// The payment is reported after its period: what was bought was there
		// from the period's start, and has expired.
		at = o.PeriodStart
	}
	p := credits.GrantParams{
		UserUUID: o.UserUUID, Amount: o.inLedger(), Type: credits.TypeOrderPay, Key: o.grantKey(),
		ExpiresAt: o.CreditsExpireAt, OrderNo: o.OrderNo, At: at, MaxAhead: maxAhead,
	}
	if o.CarriedFrom == "" {
		return p, nil
	}
	key, within, err := "", o.CarryOverWithin, error(nil)
	if o.Regrants > 0 { // what the grant before this one kept goes along, whenever it expired
		within = ever
		key, err = o.grantBefore(ctx, tx)
	}
	if err == nil && key == "" {
		key, err = o.carriedKey(ctx, tx)
	}
	if err != nil {
		return p, err
	}
	if key != "" {
		p.CarryOver = &credits.CarryOver{GrantKey: key, Max: o.CarryOver, Within: within}
	}
	return p, nil
}

// grantBefore returns the key of the order's latest grant before the one that it has now, empty for
// none: between them, and at first, it may have bought nothing.
func (o *Order) grantBefore(ctx context.Context, tx bun.Tx) (string, error) {
	for n := o.Regrants - 1; n >= 0; n-- {
		_, err := ledgerDid(ctx, tx, o.UserUUID, o.grantKeyOf(n))
		if err == nil {
			return o.grantKeyOf(n), nil
		}
		if !errors.Is(err, credits.ErrNotFound) {
			return "", err
		}
	}
	return "", nil
}

// carriedKey returns the key of the grant that the order carries over, empty for none.
func (o *Order) carriedKey(ctx context.Context, tx bun.Tx) (string, error) {
	switch o.CarriedRegrants {
	case nothing:
		return "", nil
	case original:
		from, err := GetParams{OrderNo: o.CarriedFrom, UserUUID: o.UserUUID}.find(ctx, tx)
		if err != nil {
			return "", err
		}
		return from.GrantKey, nil
	}
	return grantKey(o.CarriedFrom, o.CarriedRegrants), nil
}

// original and nothing are Order.CarriedRegrants where the original application of an
// adopted database had granted what is carried over, and where nothing was granted yet.
const (
	original = -1
	nothing  = -2
)

// ever is a CarryOver's Within for what is to move whenever it expired.
const ever = 100 * 365 * 24 * time.Hour

// assertGrant grants the order's credits, or finds them granted.
func (o *Order) assertGrant(ctx context.Context, tx bun.Tx, maxAhead time.Duration) (*credits.Operation, error) {
	p, err := o.grant(ctx, tx, maxAhead)
	if err != nil {
		return nil, err
	}
	op, err := credits.Grant(ledgerkey.Allow(ctx, o.grantKey()), tx, p)
	if errors.Is(err, credits.ErrKeyReused) {
		return o.granting(ctx, tx, err)
	}
	return op, err
}

// granting returns the grant that holds the order's key although the row would
// now make another one: the same credits, of another time. It returns mismatch
// when they are not the same, or no operation without one.
func (o *Order) granting(ctx context.Context, tx bun.Tx, mismatch error) (*credits.Operation, error) {
	op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: o.UserUUID, Key: o.grantKey()})
	switch {
	case err != nil:
		return nil, err
	case op.Kind != credits.KindPaidGrant || op.Amount != o.inLedger() || op.Entries[0].OrderNo != o.OrderNo && o.GrantKey == "":
		return nil, mismatch
	}
	op.Replayed = true
	return op, nil
}

// early is how much before its order an entry of another program may be
// stamped and still be the order's: clocks differ.
const early = time.Hour

// missing reports whether an order that another program marked as paid lacks
// its credits. They are there when an entry may be them: our own, one that
// names the order, or one of a program that does not name orders. Where nobody
// says what the order grants, nothing is missing.
func (p *payment) missing(ctx context.Context, tx bun.Tx, o *Order) (bool, error) {
	amount := o.Credits
	if amount == 0 {
		amount = p.credits
	}
	if amount == 0 {
		return false, nil
	}
	_, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: o.UserUUID, Key: o.grantKey()})
	if !errors.Is(err, credits.ErrNotFound) {
		return err == nil, err // the order's row is what is missing then
	}
	there, err := anyEntry(ctx, tx, o.UserUUID, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("trans_type = ?", credits.TypeOrderPay).WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("order_no = ?", o.OrderNo).WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
				q = q.Where("(seq IS NULL OR op_hash = ?)", ledgerkey.Adopted).Where("order_no IS NULL")
				if o.Credits > 0 {
					q = q.Where("credits = ?", o.Credits)
				}
				if !o.CreatedAt.IsZero() {
					q = q.Where("(created_at IS NULL OR "+moment.Column(dialect.Of(tx), "created_at")+" >= ?)", o.CreatedAt.Add(-early))
				}
				return q
			})
		})
	})
	return err == nil && !there, err
}

// take pays an order that another program marked as paid without doing what
// follows from that.
func (p *payment) take(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	paid := *p
	if !o.PaidAt.IsZero() {
		paid.at = o.PaidAt.UTC()
	}
	return paid.perform(ctx, tx, o, true)
}
