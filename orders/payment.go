package orders

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/share"
)

// PaymentStatus is the relation of a payment to its order.
type PaymentStatus string

// The statuses of a payment.
const (
	// PaymentPaid is the payment that paid its order.
	PaymentPaid PaymentStatus = "paid"
	// PaymentSurplus is a further payment of an order that was already paid. It
	// granted nothing and should be given back.
	PaymentSurplus PaymentStatus = "surplus"
	// PaymentUnmatched is a payment of which only refunds, disputes or the
	// invoice are known so far. They take effect when the payment itself is
	// reported.
	PaymentUnmatched PaymentStatus = "unmatched"
	// PaymentFailed is a failed attempt to pay. The provider may retry it under
	// the same ID.
	PaymentFailed PaymentStatus = "failed"
)

// Valid reports whether s is one of the statuses above.
func (s PaymentStatus) Valid() bool {
	return s == PaymentPaid || s == PaymentSurplus || s.waiting()
}

// waiting reports whether the payment can still pay an order.
func (s PaymentStatus) waiting() bool { return s == PaymentUnmatched || s == PaymentFailed }

// Payment is a row of the table payments: money that a provider took, under the
// provider's ID. Amounts are in the currency's smallest unit. Orders of earlier
// versions and of other programs have no such row until something is reported
// about their payment; until then their PayRef stands for it.
type Payment struct {
	bun.BaseModel `bun:"table:payments,alias:pm"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// Provider and Ref are the provider and its ID of the payment; together
	// they are unique.
	Provider PayType `bun:"provider,notnull,type:varchar(50)" chameleon:"exact" json:"provider"`
	Ref      string  `bun:"ref,notnull,type:varchar(255)" chameleon:"exact" json:"ref"`
	// Invoice is the provider's ID of the invoice that was paid, if any. While
	// the payment's own ID is unknown, Ref is the invoice's.
	Invoice string `bun:"invoice,nullzero,type:varchar(255)" chameleon:"exact" json:"invoice,omitempty"`
	// PartOf is the invoice of which the payment paid a part, if another
	// payment already has it as its Invoice: several payments can pay one.
	PartOf string `bun:"part_of,nullzero,type:varchar(255)" chameleon:"exact" json:"part_of,omitempty"`
	// OrderNo is the order that the payment paid, or paid again. For an
	// unmatched payment it is the order that the provider's metadata names, if
	// any.
	OrderNo string `bun:"order_no,nullzero,type:varchar(255)" chameleon:"exact" json:"order_no,omitempty"`
	// UserUUID is the owner of that order; empty for an unmatched payment, unless an
	// attempt to pay the order failed before.
	UserUUID string        `bun:"user_uuid,nullzero,type:varchar(255)" chameleon:"exact" json:"user_uuid,omitempty"`
	Status   PaymentStatus `bun:"status,notnull,type:varchar(50)" chameleon:"exact" json:"status"`
	// Gross is what was paid, or was due if the payment failed, in Currency:
	// after discounts and with taxes; 0 if the reports of an unmatched payment do
	// not say. Tax is the tax included in it and Discount what was taken off
	// before, as far as the provider reports them. Net is Gross minus Tax.
	Gross    int64 `bun:"gross,notnull,type:bigint,default:0" chameleon:"amount" json:"gross"`
	Tax      int64 `bun:"tax,notnull,type:bigint,default:0" chameleon:"amount" json:"tax"`
	Discount int64 `bun:"discount,notnull,type:bigint,default:0" chameleon:"amount" json:"discount"`
	Net      int64 `bun:"net,notnull,type:bigint,default:0" chameleon:"amount" json:"net"`
	// Currency is the currency that the customer paid in. It differs from the
	// order's if the caller accepted that.
	Currency string `bun:"currency,nullzero,type:varchar(10)" json:"currency,omitempty"`
	// Refunded is how much was given back, Disputed how much is in open or lost
	// disputes.
	Refunded int64 `bun:"refunded,notnull,type:bigint,default:0" chameleon:"amount" json:"refunded"`
	Disputed int64 `bun:"disputed,notnull,type:bigint,default:0" chameleon:"amount" json:"disputed"`
	// Reversals is what refunds and disputes reported, as JSON. If the payment
	// paid its order, the order has it instead.
	Reversals string    `bun:"reversals,nullzero,type:text" json:"-"`
	PaidAt    time.Time `bun:"paid_at,nullzero,type:timestamptz" json:"paid_at,omitzero"`
	// FailedAt and FailureReason say when and why the last attempt failed.
	FailedAt      time.Time `bun:"failed_at,nullzero,type:timestamptz" json:"failed_at,omitzero"`
	FailureReason string    `bun:"failure_reason,nullzero,type:text" json:"failure_reason,omitempty"`
	CreatedAt     time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	UpdatedAt     time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
}

// Indexes implements dialect.Indexed.
func (*Payment) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "payments_provider_ref_unique", Columns: []string{"provider", "ref"}, Unique: true},
		{Name: "payments_provider_invoice_unique", Columns: []string{"provider", "invoice"}, Unique: true},
		{Name: "payments_part_of_idx", Columns: []string{"part_of"}},
		{Name: "payments_order_no_created_at_idx", Columns: []string{"order_no", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "payments_status_created_at_idx", Columns: []string{"status", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "payments_created_at_idx", Columns: []string{"created_at", "id"}, Times: []string{"created_at"}},
	}
}

// reversals returns what was reported about a payment that pays no order.
func (pm *Payment) reversals() (*reversals, error) {
	s := newReversals()
	if pm.Reversals == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(pm.Reversals), s); err != nil {
		return nil, fmt.Errorf("payment %s: its reversals do not parse: %w", pm.Ref, err)
	}
	return s, nil
}

// count sets what was given back and what is in dispute. The reports are in the unit in which the
// payment had the given amount.
func (pm *Payment) count(s *reversals, whole int64) {
	disputed, _ := s.disputed()
	scale := portion(whole, pm.Gross)
	pm.Refunded, pm.Disputed = scale(s.refunded()), scale(disputed)
	if pm.Gross > 0 || pm.Currency != "" { // a credit note may give back what the balance paid
		pm.Refunded, pm.Disputed = min(pm.Refunded, pm.Gross), min(pm.Disputed, pm.Gross)
	}
}

// pays makes the row the payment of an order.
func (pm *Payment) pays(o *Order) error {
	s, err := o.reversals()
	if err != nil {
		return err
	}
	pm.Status, pm.OrderNo, pm.UserUUID, pm.Reversals = PaymentPaid, o.OrderNo, o.UserUUID, ""
	pm.FailedAt, pm.FailureReason, pm.PaidAt = time.Time{}, "", o.PaidAt
	if pm.Currency == "" { // no report said what was paid
		pm.Gross, pm.Tax, pm.Currency = o.Paid(), o.PaidTax, o.Currency
	}
	partly := pm.partly(o)
	if partly {
		pm.Tax = share.Down(o.PaidTax, pm.Gross, o.Paid())
		s = s.of(o, pm)
	}
	pm.Net = pm.Gross - pm.Tax
	pm.count(s, pm.unit(o))
	if notes := s.Parts[""]; notes != nil && !partly {
		pm.Refunded = min(pm.Refunded+portion(o.Paid(), pm.Gross)(notes.refunded()), pm.Gross)
	}
	return nil
}
