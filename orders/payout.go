package orders

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// PayOutParams say which monthly grants to make.
type PayOutParams struct {
	// At is the time up to which grants are due; zero means now.
	At time.Time
	// Limit is the maximum number of orders, 1 to 1,000; 0 means 100.
	Limit int
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// maxPayOut limits a sweep.
const maxPayOut = 1000

// PayOutResult is what a sweep did.
type PayOutResult struct {
	// Operations are the grants that were made.
	Operations []*credits.Operation `json:"operations,omitempty"`
	// More is true when the limit was reached: sweep again.
	More bool `json:"more"`
}

// PayOut makes the monthly grants that are due for longer periods, such as a
// year bought with Monthly. Each is an order of its own that costs nothing and
// ends with its month; a refund of the period reduces it. Months after a change
// of plans, or of a refunded period, are not paid out unless that is undone;
// then they are made up for.
//
// Run it as often as grants may be late, such as hourly. It may run concurrently
// with itself: each month is paid out once. With a *bun.DB every order is handled
// in its own transaction.
//
// Errors: *InvalidError for a field of p; those of credits.Grant; *dialect.Error
// when the engine fails. What was paid out before an error stays.
func PayOut(ctx context.Context, db bun.IDB, p PayOutParams) (*PayOutResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	if p.Limit == 0 {
		p.Limit = 100
	}
	if p.Limit < 0 || p.Limit > maxPayOut {
		return nil, valid.Failf("Limit", "%d is outside 1 to %d", p.Limit, maxPayOut)
	}
	due, err := dueOrders(ctx, db, at, p.Limit)
	if err != nil {
		return nil, err
	}
	result := &PayOutResult{More: len(due) == p.Limit}
	for _, no := range due {
		var made []*credits.Operation
		err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			o, err := GetParams{OrderNo: no}.lock(ctx, tx)
			if err != nil {
				return err
			}
			made, err = o.payOut(ctx, tx, at, p.MaxAhead)
			return err
		})
		if err != nil {
			return nil, err
		}
		result.Operations = append(result.Operations, made...)
	}
	return result, nil
}

// dueOrders lists orders with a monthly grant that is due.
func dueOrders(ctx context.Context, db bun.IDB, at time.Time, limit int) ([]string, error) {
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	var due []string
	err = db.NewSelect().Model((*Order)(nil)).Column("order_no").
		Where("next_grant_at <= ?", at).OrderExpr("next_grant_at, id").Limit(int64(limit)).Scan(ctx, &due)
	return due, dialect.Classify(err)
}

// payOut makes the grants of an order that are due.
func (o *Order) payOut(ctx context.Context, tx bun.Tx, at time.Time, ahead time.Duration) ([]*credits.Operation, error) {
	var made []*credits.Operation
	for !o.NextGrantAt.IsZero() && !o.NextGrantAt.After(at) {
		goes, err := o.goesOn(ctx, tx)
		if err != nil {
			return nil, err
		}
		if !goes || !o.NextGrantAt.Before(o.PeriodEnd) { // see endsAt, which takes them up again
			o.NextGrantAt = time.Time{}
			break
		}
		op, err := o.month(ctx, tx, at, ahead)
		if err != nil {
			return nil, err
		}
		if op != nil && !op.Replayed { // a month that grants nothing has none
			made = append(made, op)
		}
		o.GrantsMade++
		if o.NextGrantAt = o.monthEnd(o.GrantsMade); o.GrantsMade >= o.Grants {
			o.NextGrantAt = time.Time{}
		}
	}
	o.UpdatedAt = at
	if err := update(ctx, tx, o); err != nil {
		return nil, err
	}
	return made, o.rebalance(ctx, tx, at, ahead)
}

// goesOn reports whether the customer is entitled to the next month.
func (o *Order) goesOn(ctx context.Context, tx bun.Tx) (bool, error) {
	if !o.kept() {
		return false, nil
	}
	if o.ReplacedBy == "" {
		return true, nil
	}
	by, err := o.replacement(ctx, tx)
	if err != nil {
		return false, err
	}
	return by.PeriodStart.After(o.NextGrantAt) || by.refundedShare().Sign() > 0, nil
}

// begunReplaced reports whether a month that was paid out begins when a change had replaced its period.
func (o *Order) begunReplaced(ctx context.Context, tx bun.Tx) (bool, error) {
	if o.PartOf == "" || o.ReplacedBy == "" {
		return false, nil
	}
	by, err := o.replacement(ctx, tx)
	return err == nil && !by.PeriodStart.After(o.PeriodStart) && by.refundedShare().Sign() == 0, err
}

// replacement returns the order that replaced the period of one whose subscription is
// locked.
func (o *Order) replacement(ctx context.Context, tx bun.Tx) (*Order, error) {
	by := new(Order)
	q := tx.NewSelect().Model(by).Where("user_uuid = ?", o.UserUUID).Where("order_no = ?", o.ReplacedBy)
	err := rows.Now(ctx, tx, q).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, GetParams{OrderNo: o.ReplacedBy, UserUUID: o.UserUUID}.notFound()
	}
	return by, dialect.Classify(err)
}

// month grants the next month as an order of its own.
func (o *Order) month(ctx context.Context, tx bun.Tx, at time.Time, ahead time.Duration) (*credits.Operation, error) {
	part := &Order{
		UserUUID: o.UserUUID, ProductID: o.ProductID, ProductName: o.ProductName, Currency: o.Currency,
		Status: StatusPending, PayType: o.PayType, SubID: o.SubID, Interval: IntervalMonth, Credits: o.monthCredits(o.GrantsMade + 1),
		PeriodStart: o.NextGrantAt, PeriodEnd: o.monthEnd(o.GrantsMade + 1), Worth: new(int64),
		RenewalKey:   o.monthKey(o.GrantsMade),
		FirstOrderNo: cmp.Or(o.FirstOrderNo, o.OrderNo), PartOf: o.OrderNo, CreatedAt: at, UpdatedAt: at,
	}
	part.OrderNo = renewalNo(part.RenewalKey)
	stored, fresh, err := part.insertOrLock(ctx, tx)
	if err != nil {
		return nil, err
	}
	pay := &payment{paid: &Money{Currency: o.Currency}, grace: o.Grace, at: at, ahead: ahead}
	if o.Currency == "" {
		pay.paid = nil
	}
	granted, err := pay.settleOrder(ctx, tx, stored)
	if err != nil && fresh {
		return nil, withdraw(ctx, tx, stored, err)
	}
	if err != nil {
		return nil, err
	}
	return granted.Operation, nil
}

// monthEnd returns when the n-th month of the period ends; the last one ends with the period, which may
// be shorter than its interval: a first one up to a fixed day, or one whose end was moved.
func (o *Order) monthEnd(n int64) time.Time {
	if end := addMonths(o.PeriodStart, int(n)); n < o.Grants && end.Before(o.PeriodEnd) {
		return end
	}
	return o.PeriodEnd.UTC()
}

// lotEnd returns when the credits that the payment itself grants expire, without the grace: with the
// first month if each has a grant of its own.
func (o *Order) lotEnd() time.Time {
	if o.Grants > 0 {
		return o.monthEnd(1)
	}
	return o.PeriodEnd
}
