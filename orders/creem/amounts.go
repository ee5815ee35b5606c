package creem

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// amounts are what an order or a transaction of Creem's says of its money.
type amounts struct {
	// Amount is the price, AmountDue what was to be paid and AmountPaid what was,
	// with taxes and after discounts. The latter two are not always told.
	Amount         int64  `json:"amount"`
	AmountDue      *int64 `json:"amount_due"`
	AmountPaid     *int64 `json:"amount_paid"`
	TaxAmount      int64  `json:"tax_amount"`
	DiscountAmount int64  `json:"discount_amount"`
	Currency       string `json:"currency"`
}

// gross is what was paid, as far as it is told. An order is told of before its
// money is counted: it says 0 was paid and something is due. Where nothing is
// due, a discount took all of it.
func (a *amounts) gross() int64 {
	switch {
	case a.AmountPaid != nil && *a.AmountPaid > 0:
		return *a.AmountPaid
	case a.AmountDue != nil:
		return *a.AmountDue
	case a.AmountPaid != nil && a.DiscountAmount > 0 && a.DiscountAmount >= a.Amount:
		return 0
	}
	return a.Amount
}

// money is what was paid, nil where the event does not say.
func (a *amounts) money() *orders.Money {
	if a.Currency == "" {
		return nil
	}
	return &orders.Money{Amount: a.gross(), Currency: strings.ToUpper(a.Currency)}
}

// told reports whether it says what was paid.
func (a *amounts) told() bool { return a.AmountPaid != nil || a.AmountDue != nil }

// paid is what a checkout says was paid: its order, or its transaction where only
// that does.
func (c *checkout) paid() *amounts {
	if t := &c.Order.Transaction.amounts; t.told() && !c.Order.told() {
		return t
	}
	return &c.Order.amounts
}

// price is what the checkout cost before discounts and taxes, 0 where it does not
// say. Where nothing was paid it is no more than a discount accounts for: a trial costs
// nothing, too.
func (c *checkout) price() int64 {
	if paid := c.paid(); paid.gross() == 0 {
		return max(paid.DiscountAmount, 0)
	}
	if c.Order.SubTotal > 0 {
		return c.Order.SubTotal
	}
	return max(c.Order.Amount, 0)
}

// lines are what a checkout says that it sold, nil where that is one of a thing. Where it does not
// say how many, the product's price may.
func (c *checkout) lines(at time.Time) []orders.Line {
	price := c.price()
	discount := min(max(c.paid().DiscountAmount, 0), price)
	l := orders.Line{Quantity: c.Units, Amount: price - discount, Discount: discount, Start: at, End: at}
	if s := c.Subscription; s != nil {
		l.PriceID = cmp.Or(s.Product.ID, c.Product.ID)
		each := cmp.Or(s.Product.Price, c.Product.Price)
		if l.Quantity == 0 && each > 0 && price%each == 0 {
			l.Quantity = price / each
		}
	}
	if at.IsZero() || l.Quantity <= 1 && l.PriceID == "" {
		return nil
	}
	return []orders.Line{l}
}

// whole is what the transaction was in the unit of its refunds, 0 for unknown.
func (t *transaction) whole() int64 {
	if t.told() {
		return max(t.gross(), 0)
	}
	return 0
}

// live reports whether an event is about real money.
func (e *event) live() bool {
	var object struct {
		Mode string `json:"mode"`
	}
	_ = json.Unmarshal(e.Object, &object) // one that does not parse says nothing
	return object.Mode == "prod" || object.Mode == "live"
}

// foreign is the error of an event whose order is not there: where it names none
// either, it is another product's.
func foreign(err error, no string) error {
	if no == "" && errors.Is(err, orders.ErrNotFound) {
		return fmt.Errorf("%w: %w", webhook.ErrNotOurs, err)
	}
	return err
}
