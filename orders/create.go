package orders

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/users"
)

// Limits of an order's fields, in characters; of an OrderNo in bytes.
const (
	maxName = 255
	// maxOrderNo leaves room for the ledger keys that are made of it.
	maxOrderNo = 200
)

// CreateParams describes an order to create.
type CreateParams struct {
	// OrderNo is the order's number, at most 200 bytes; made up when
	// empty. Giving one makes a repeated call harmless: it is a duplicate.
	OrderNo string
	// UserUUID is who buys, required.
	UserUUID string
	// ProductID is required, ProductName is not; at most 255 characters each.
	ProductID   string
	ProductName string
	// Amount is the price in the currency's smallest unit, positive and at most
	// 2,147,483,647.
	Amount int64
	// Currency is an ISO 4217 code, stored upper-cased.
	Currency string
	// PayType is required.
	PayType PayType
	// Interval is one-time when empty.
	Interval Interval
	// SubID is the payment provider's subscription, where there is one.
	SubID string
	// Credits is what the user is granted when the order is paid; may be 0.
	Credits int64
	// At is when the order was made; zero means now.
	At time.Time
}

// Create records an order as pending, before its payment.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *users.NotFoundError when there is no such user;
//   - *DuplicateError when the OrderNo is taken;
//   - *dialect.Error when the engine fails.
func Create(ctx context.Context, db bun.IDB, p CreateParams) (*Order, error) {
	draft, err := p.order()
	if err != nil {
		return nil, err
	}
	var created *Order
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		if err := checkUser(ctx, tx, p.UserUUID); err != nil {
			return err
		}
		o := *draft
		inserted, err := rows.Insert(ctx, tx, &o)
		if err != nil {
			return err
		}
		if !inserted {
			return &DuplicateError{OrderNo: o.OrderNo}
		}
		created = &o
		return nil
	})
	if err != nil {
		return nil, err
	}
	return created, nil
}

// checkUser returns a *users.NotFoundError that names this package's field.
func checkUser(ctx context.Context, tx bun.Tx, userUUID string) error {
	_, err := users.Get(ctx, tx, users.GetParams{UUID: userUUID})
	if errors.Is(err, users.ErrNotFound) {
		return &users.NotFoundError{Field: "UserUUID"}
	}
	return err
}

// order checks p and returns the order that it describes.
func (p CreateParams) order() (*Order, error) {
	if p.OrderNo == "" {
		p.OrderNo = "ORD" + rand.Text()
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
		valid.Amount("Amount", p.Amount),
		currencyErr,
		oneOf("PayType", p.PayType),
		oneOf("Interval", p.Interval),
		valid.Optional("SubID", p.SubID, maxName),
		valid.AmountOrZero("Credits", p.Credits),
		atErr,
	)
	if err != nil {
		return nil, err
	}
	return &Order{
		OrderNo: p.OrderNo, UserUUID: p.UserUUID, ProductID: p.ProductID, ProductName: p.ProductName,
		Amount: p.Amount, Currency: currency, Status: StatusPending, PayType: p.PayType,
		SubID: p.SubID, Interval: p.Interval, Credits: p.Credits, CreatedAt: at, UpdatedAt: at,
	}, nil
}

func oneOf(field string, v interface{ Valid() bool }) error {
	if !v.Valid() {
		return valid.Failf(field, "unknown")
	}
	return nil
}
