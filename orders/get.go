package orders

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// GetParams name an order by exactly one of OrderNo, PayRef and SubID.
type GetParams struct {
	OrderNo string
	// PayRef is the provider's ID of the payment.
	PayRef string
	// SubID is the provider's ID of a subscription and names its first order.
	SubID string
	// UserUUID, when set, is who must own the order.
	UserUUID string
}

// Get finds an order.
//
// Errors: *InvalidError for a field of p, *NotFoundError when there is no such
// order or another user owns it, and *dialect.Error when the engine fails.
func Get(ctx context.Context, db bun.IDB, p GetParams) (*Order, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	return p.find(ctx, db)
}

func (p GetParams) check() error {
	set := 0
	for _, v := range []string{p.OrderNo, p.PayRef, p.SubID} {
		if v != "" {
			set++
		}
	}
	if set > 1 {
		return valid.Failf("GetParams", "set one of OrderNo, PayRef and SubID, not %d", set)
	}
	var err error
	switch {
	case p.PayRef != "":
		err = valid.Identifier("PayRef", p.PayRef, maxName)
	case p.SubID != "":
		err = valid.Identifier("SubID", p.SubID, maxName)
	default:
		err = valid.Identifier("OrderNo", p.OrderNo, maxName)
	}
	if err == nil && p.UserUUID != "" {
		err = valid.UUID("UserUUID", p.UserUUID)
	}
	return err
}

func (p GetParams) find(ctx context.Context, db bun.IDB) (*Order, error) {
	o := new(Order)
	q := db.NewSelect().Model(o).Limit(1)
	switch {
	case p.PayRef != "":
		q = q.Where("pay_ref = ?", p.PayRef).OrderExpr("id DESC")
	case p.SubID != "":
		q = q.Where("sub_id = ?", p.SubID).Where("first_order_no IS NULL").OrderExpr(moment.Column(dialect.Of(db), "created_at") + ", id")
	default:
		q = q.Where("order_no = ?", p.OrderNo)
	}
	if p.UserUUID != "" {
		q = q.Where("user_uuid = ?", p.UserUUID)
	}
	err := q.Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !p.names(o):
		return nil, p.notFound()
	case err != nil:
		return nil, dialect.Classify(err)
	}
	return o, nil
}

// notFound names what p looked for.
func (p GetParams) notFound() error {
	e := &NotFoundError{What: "order", Field: "OrderNo", Value: p.OrderNo, UserUUID: p.UserUUID, Err: ErrNotFound}
	switch {
	case p.PayRef != "":
		e.Field, e.Value = "PayRef", p.PayRef
	case p.SubID != "":
		e.Field, e.Value = "SubID", p.SubID
	}
	return e
}

// names guards against columns of other programs that compare without case.
func (p GetParams) names(o *Order) bool {
	return (p.OrderNo == "" || p.OrderNo == o.OrderNo) && (p.PayRef == "" || p.PayRef == o.PayRef) &&
		(p.SubID == "" || p.SubID == o.SubID)
}

// lock finds an order and holds its row until the transaction ends. The user
// stands in the condition for databases that are sharded by it.
func (p GetParams) lock(ctx context.Context, tx bun.Tx) (*Order, error) {
	seen, err := p.find(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := seen.lockShared(ctx, tx); err != nil {
		return nil, err
	}
	if seen.FirstOrderNo != "" { // it comes first: its lock is the subscription's
		if _, err := lockOrder(ctx, tx, seen.UserUUID, seen.FirstOrderNo); unless(err, ErrNotFound) != nil {
			return nil, err
		}
	}
	return lockOrder(ctx, tx, seen.UserUUID, seen.OrderNo)
}

// lockOrder reads an order and holds its row until the transaction ends.
func lockOrder(ctx context.Context, tx bun.Tx, userUUID, no string) (*Order, error) {
	o := new(Order)
	err := rows.LockKnown(ctx, tx, o, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("user_uuid = ?", userUUID).Where("order_no = ?", no)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, GetParams{OrderNo: no, UserUUID: userUUID}.notFound()
	}
	return o, dialect.Classify(err)
}

// update writes what verbs change on an order that is locked.
func update(ctx context.Context, tx bun.Tx, o *Order) error {
	if err := o.takeOut(ctx, tx); err != nil {
		return err
	}
	if err := o.touchFirst(ctx, tx); err != nil {
		return err
	}
	o.Revision++
	n, err := rows.Update(ctx, tx, o, o.own(),
		"status", "pay_type", "sub_id", "product_id", "product_name", "amount", "currency", "interval", "paid_at", "paid_amount", "paid_tax", "credits", "ordered_credits", "credits_expire_at",
		"period_start", "period_end", "renewal_key", "pay_ref", "customer_ref", "refunded_amount", "refunded_credits",
		"grant_key", "refunded_at", "reversals", "failure_reason", "sub_ended_at", "updated_at",
		"carried_from", "carried_regrants", "carried_net", "carry_over", "carry_over_within", "referrer_uuid", "commission_rate", "commission_amount",
		"quantity", "price_id", "worth", "from_balance", "refunded_balance", "gives_back", "takes_back", "replaced_by", "moved_credits", "regrants", "granted", "grace", "grants", "grants_made", "next_grant_at", "part_of", "bill_parts", "counted", "revision")
	return rows.Locked(n, err, "order "+shown.Text(o.OrderNo))
}

// own names the row.
func (o *Order) own() rows.Own {
	return rows.Own{ID: o.ID, Key: []rows.Column{{Name: "user_uuid", Value: o.UserUUID}, {Name: "order_no", Value: o.OrderNo}}}
}
