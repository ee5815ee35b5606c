package affiliates

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// GetParams name a commission, by exactly one of ID and OrderNo.
type GetParams struct {
	ID int64
	// OrderNo is the order that earned it.
	OrderNo string
	// UserUUID, when set, is the referrer who must have earned it.
	UserUUID string
}

// Get finds a commission. If other programs wrote several for an order, it
// returns the first.
//
// Errors: *InvalidError for a field of p, *NotFoundError when there is no such
// commission or another user earned it, and *dialect.Error when the engine
// fails.
func Get(ctx context.Context, db bun.IDB, p GetParams) (*Commission, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	return find(ctx, db, p)
}

func (p GetParams) check() error {
	switch {
	case (p.ID != 0) == (p.OrderNo != ""):
		return valid.Failf("GetParams", "set one of ID and OrderNo")
	case p.ID < 0:
		return valid.Failf("ID", "%d is not positive", p.ID)
	case p.OrderNo != "":
		if err := valid.Identifier("OrderNo", p.OrderNo, maxName); err != nil {
			return err
		}
	}
	if p.UserUUID != "" {
		return valid.UUID("UserUUID", p.UserUUID)
	}
	return nil
}

func find(ctx context.Context, db bun.IDB, p GetParams) (*Commission, error) {
	if p.ID == 0 {
		return findByOrder(ctx, db, p)
	}
	c := new(Commission)
	err := db.NewSelect().Model(c).Where("id = ?", p.ID).Limit(1).Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && p.UserUUID != "" && p.UserUUID != c.UserUUID:
		return nil, notFound("ID", strconv.FormatInt(p.ID, 10), p.UserUUID)
	case err != nil:
		return nil, dialect.Classify(err)
	}
	return c, nil
}

func findByOrder(ctx context.Context, db bun.IDB, p GetParams) (*Commission, error) {
	found, err := ofOrder(ctx, db, p.OrderNo)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if p.UserUUID == "" || p.UserUUID == found[i].UserUUID {
			return &found[i], nil
		}
	}
	return nil, notFound("OrderNo", p.OrderNo, p.UserUUID)
}

// maxOfOrder bounds how many rows of one order are looked at: Record writes
// one.
const maxOfOrder = 100

// ofOrder reads the commissions of an order, ours first.
func ofOrder(ctx context.Context, db bun.IDB, orderNo string) ([]Commission, error) {
	var found []Commission
	err := db.NewSelect().Model(&found).
		Where("order_uuid = ?", orderNo).
		OrderExpr("CASE WHEN order_key IS NULL THEN 1 ELSE 0 END, id").
		Limit(maxOfOrder).
		Scan(ctx)
	kept := found[:0]
	for _, c := range found {
		// A column that another program made may compare without case.
		if c.OrderUUID == orderNo {
			kept = append(kept, c)
		}
	}
	return kept, dialect.Classify(err)
}

// knownOf reads the commissions of an order that is known to have one, because an INSERT
// was refused for it or the order says so: it is found also where the plain reads of
// the caller's transaction are too old to show it.
func knownOf(ctx context.Context, tx bun.Tx, orderNo, userUUID string) ([]Commission, error) {
	found, err := ofOrder(ctx, tx, orderNo)
	if err != nil || len(found) > 0 || !rows.LocksGaps(ctx, tx) {
		return found, err
	}
	q := tx.NewSelect().Model(&found).Where("user_uuid = ?", userUUID).Where("order_uuid = ?", orderNo).OrderExpr("id")
	err = rows.ForUpdate(q, tx).Scan(ctx)
	return found, dialect.Classify(err)
}

// lock reads a commission again and holds its row until the transaction ends.
// The referrer stands in the condition for databases that are sharded by it.
func lock(ctx context.Context, tx bun.Tx, c *Commission) (*Commission, error) {
	locked := new(Commission)
	q := tx.NewSelect().Model(locked).Where("user_uuid = ?", c.UserUUID).Where("id = ?", c.ID)
	err := rows.ForUpdate(q, tx).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("ID", strconv.FormatInt(c.ID, 10), c.UserUUID)
	}
	return locked, dialect.Classify(err)
}

// update writes what verbs change on a commission that is locked.
func update(ctx context.Context, tx bun.Tx, c *Commission) error {
	own := rows.Own{ID: c.ID, Key: []rows.Column{{Name: "user_uuid", Value: c.UserUUID}}}
	n, err := rows.Update(ctx, tx, c, own,
		"status", "order_amount", "commission_rate", "commission_amount", "reversed_amount", "approved_at", "rejected_at", "refund_rejected_at",
		"paid_at", "paid_amount", "converted_at", "converted_credits",
		"converted_expire_at", "claw_backs", "updated_at")
	return rows.Locked(n, err, "commission "+strconv.FormatInt(c.ID, 10))
}
