package orders

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/users"
)

// Limits of an order's fields, in characters; of an OrderNo and SubID in bytes.
const (
	maxName = 255
	// maxOrderNo leaves room for the ledger keys that are made of it, maxSubID
	// for the renewal keys.
	maxOrderNo = 200
	maxSubID   = 200
)

// CreateParams describes an order to create.
type CreateParams struct {
	// OrderNo is the order's number, at most 200 bytes; generated if empty.
	// With it, a repeated call is harmless.
	OrderNo string
	// UserUUID is the buyer, required.
	UserUUID string
	// ProductID is required, ProductName is not; at most 255 characters each.
	ProductID   string
	ProductName string
	// Amount is the price in the currency's smallest unit, at most 2^53. An order of
	// 0 is paid by [MarkPaid], without any provider.
	Amount int64
	// Currency is an ISO 4217 code, stored upper-cased.
	Currency string
	// PayType is required unless Amount is 0.
	PayType PayType
	// Interval is one-time when empty.
	Interval Interval
	// SubID is the payment provider's ID of the subscription, if it is already
	// known; at most 200 bytes.
	SubID string
	// Credits is what the user is granted when the order is paid; may be 0.
	Credits int64
	// Monthly grants Credits anew in each month of a longer Interval: the first
	// time with the payment, then by PayOut. Renewals do the same. A month's
	// credits expire with the month.
	Monthly bool
	// At is when the order was made; zero means now.
	At time.Time
}

// Create records an order as pending, before its payment.
//
// An OrderNo that was used before, for the same user, product, price, credits and
// interval, returns that order as it stands now, marked as a replay; of concurrent
// calls with one OrderNo, one creates the order. If the plan was changed during the
// order's trial, only the user, the currency and the number are compared.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *users.NotFoundError when there is no such user;
//   - *DuplicateError when the OrderNo belongs to another order;
//   - *dialect.NarrowColumnError when an amount does not fit an adopted column;
//   - *dialect.Error when the engine fails.
func Create(ctx context.Context, db bun.IDB, p CreateParams) (*Result, error) {
	draft, err := p.order()
	if err != nil {
		return nil, err
	}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		if err := checkUser(ctx, tx, p.UserUUID); err != nil {
			return err
		}
		o := *draft
		if err := o.fits(ctx, tx, nil); err != nil {
			return err
		}
		inserted, err := rows.Insert(ctx, tx, &o)
		if err != nil {
			return err
		}
		if inserted {
			result = &Result{Order: &o}
			return nil
		}
		result, err = p.replay(ctx, tx, draft)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// replay answers a call whose OrderNo is taken. The plain read comes first,
// because many losers of one race would deadlock in the locking one; that one
// is for callers whose transaction reads from a snapshot older than the winner.
func (p CreateParams) replay(ctx context.Context, tx bun.Tx, draft *Order) (*Result, error) {
	o := new(Order)
	q := func() *bun.SelectQuery { return tx.NewSelect().Model(o).Where("order_no = ?", draft.OrderNo) }
	err := q().Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) && dialect.Of(tx).LocksRows() {
		err = rows.ForUpdate(q(), tx).Scan(ctx)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, &DuplicateError{OrderNo: draft.OrderNo}
	case err != nil:
		return nil, dialect.Classify(err)
	}
	same := draft.sameAs(o, p.SubID)
	if !same {
		if same, err = draft.becameAnother(ctx, tx, o, p.SubID); err != nil {
			return nil, err
		}
	}
	if !same {
		return nil, &DuplicateError{OrderNo: draft.OrderNo}
	}
	return &Result{Order: o, Replayed: true}, nil
}

// sameAs compares what a caller asked for with what stands. The subscription
// may have become known since, and another provider may have been paid.
func (o *Order) sameAs(other *Order, subID string) bool {
	return o.OrderNo == other.OrderNo && o.UserUUID == other.UserUUID &&
		o.ProductID == other.ProductID && o.ProductName == other.ProductName &&
		o.Amount == other.Amount && o.Currency == other.Currency && (o.PayType == other.PayType || other.wasPaid()) &&
		o.Interval == other.Interval && o.Grants == other.Grants && o.Credits == other.ordered() &&
		(subID == "" || subID == other.SubID) && other.FirstOrderNo == ""
}

// checkUser returns a *users.NotFoundError when there is no such user.
func checkUser(ctx context.Context, tx bun.Tx, userUUID string) error {
	_, err := users.Get(ctx, tx, users.GetParams{UserUUID: userUUID})
	return err
}

// order checks p and returns the order that it describes.
func (p CreateParams) order() (*Order, error) {
	if p.OrderNo == "" {
		p.OrderNo = newOrderNo()
	}
	if p.Interval == "" {
		p.Interval = IntervalOneTime
	}
	currency, currencyErr := valid.Currency("Currency", p.Currency)
	at, atErr := valid.Time("At", p.At)
	err := valid.First(
		valid.Key("OrderNo", p.OrderNo, maxOrderNo),
		valid.UUID("UserUUID", p.UserUUID),
		valid.Identifier("ProductID", p.ProductID, maxName),
		valid.Text("ProductName", p.ProductName, maxName),
		valid.AmountOrZero("Amount", p.Amount),
		currencyErr,
		p.checkPayType(),
		oneOf("Interval", p.Interval),
		checkSubID(p.SubID),
		valid.AmountOrZero("Credits", p.Credits),
		atErr,
	)
	if err != nil {
		return nil, err
	}
	return &Order{
		Grants:  p.grants(),
		OrderNo: p.OrderNo, UserUUID: p.UserUUID, ProductID: p.ProductID, ProductName: p.ProductName,
		Amount: p.Amount, Currency: currency, Status: StatusPending, PayType: p.PayType,
		SubID: p.SubID, Interval: p.Interval, Credits: p.Credits, CreatedAt: at, UpdatedAt: at,
	}, nil
}

// checkPayType lets an order that costs nothing do without a provider.
func (p CreateParams) checkPayType() error {
	if p.Amount == 0 && p.PayType == "" {
		return nil
	}
	return p.PayType.check("PayType")
}

// grants is in how many monthly grants the credits come, 0 for at once.
func (p CreateParams) grants() int64 {
	if months := p.Interval.months(); p.Monthly && months > 1 {
		return int64(months)
	}
	return 0
}

// newOrderNo returns a number with 130 random bits.
func newOrderNo() string { return "ORD" + rand.Text() }

// checkSubID checks a subscription that need not be given.
func checkSubID(subID string) error {
	if subID == "" {
		return nil
	}
	return valid.Key("SubID", subID, maxSubID)
}

func oneOf(field string, v interface{ Valid() bool }) error {
	if !v.Valid() {
		return valid.Failf(field, "unknown")
	}
	return nil
}
