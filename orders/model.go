package orders

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/share"
)

// Order is a row of the table orders. Amounts are in the currency's smallest
// unit.
type Order struct {
	bun.BaseModel `bun:"table:orders,alias:o"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// OrderNo identifies the order everywhere outside this table.
	OrderNo     string `bun:"order_no,notnull,type:varchar(255)" chameleon:"exact" json:"order_no"`
	UserUUID    string `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	ProductID   string `bun:"product_id,nullzero,type:varchar(255)" json:"product_id,omitempty"`
	ProductName string `bun:"product_name,nullzero,type:varchar(255)" json:"product_name,omitempty"`
	Amount      int64  `bun:"amount,notnull,type:bigint" chameleon:"amount" json:"amount"`
	// Currency is an ISO 4217 code, upper-case when written here.
	Currency string  `bun:"currency,nullzero,type:varchar(10)" json:"currency,omitempty"`
	Status   Status  `bun:"status,notnull,type:varchar(50)" chameleon:"exact" json:"status"`
	PayType  PayType `bun:"pay_type,nullzero,type:varchar(50)" chameleon:"exact" json:"pay_type,omitempty"`
	// SubID is the payment provider's subscription, empty for one-time orders.
	SubID     string    `bun:"sub_id,nullzero,type:varchar(255)" chameleon:"exact" json:"sub_id,omitempty"`
	Interval  Interval  `bun:"interval,nullzero,type:varchar(50)" chameleon:"exact" json:"interval,omitempty"`
	CreatedAt time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	PaidAt    time.Time `bun:"paid_at,nullzero,type:timestamptz" json:"paid_at,omitzero"`

	// PaidAmount is what was actually paid, after discounts and with taxes; nil
	// on orders that are not paid and on those that another program marked as
	// paid, for which it is Amount.
	PaidAmount *int64 `bun:"paid_amount,type:bigint" chameleon:"amount" json:"paid_amount,omitzero"`
	// PaidTax is the tax included in PaidAmount, as far as the provider reports
	// it. No commission is earned on it.
	PaidTax int64 `bun:"paid_tax,notnull,type:bigint,default:0" chameleon:"amount" json:"paid_tax"`
	// Credits is what the user is granted when the order is paid.
	Credits int64 `bun:"credits,nullzero,type:bigint" chameleon:"amount" json:"credits"`
	// OrderedCredits is the original number of credits, if the payment changed
	// Credits: for several seats, or for a shorter first period.
	OrderedCredits int64 `bun:"ordered_credits,nullzero,type:bigint" chameleon:"amount" json:"ordered_credits,omitempty"`
	// CreditsExpireAt is when the granted credits expire, known once paid.
	CreditsExpireAt time.Time `bun:"credits_expire_at,nullzero,type:timestamptz" json:"credits_expire_at,omitzero"`
	// PeriodStart and PeriodEnd bound the subscription period that the order
	// pays for.
	PeriodStart time.Time `bun:"period_start,nullzero,type:timestamptz" json:"period_start,omitzero"`
	PeriodEnd   time.Time `bun:"period_end,nullzero,type:timestamptz" json:"period_end,omitzero"`
	// RenewalKey names the subscription and period of a renewal. It is unique,
	// so that a period has one order. A first order has one too once its period
	// is known; all other orders have NULL.
	RenewalKey string `bun:"renewal_key,nullzero,type:varchar(255)" chameleon:"exact" json:"-"`
	// FirstOrderNo is the first order of a renewal's subscription; empty for
	// all other orders.
	FirstOrderNo string `bun:"first_order_no,nullzero,type:varchar(255)" chameleon:"exact" json:"first_order_no,omitempty"`
	// PayRef is the provider's ID of the payment, by which its refunds and
	// disputes are matched.
	PayRef string `bun:"pay_ref,nullzero,type:varchar(255)" chameleon:"exact" json:"pay_ref,omitempty"`
	// CustomerRef is the provider's ID of the customer who paid, whose balance it
	// keeps; empty if unknown.
	CustomerRef string `bun:"customer_ref,nullzero,type:varchar(255)" chameleon:"exact" json:"customer_ref,omitempty"`
	// GrantKey is the ledger's key of the order's credits if the original
	// application of an adopted database granted them; empty otherwise.
	GrantKey string `bun:"grant_key,nullzero,type:varchar(255)" chameleon:"exact" json:"-"`
	// RefundedAmount is the total refunded so far, including what open disputes
	// hold.
	RefundedAmount int64 `bun:"refunded_amount,notnull,type:bigint,default:0" chameleon:"amount" json:"refunded_amount"`
	// RefundedCredits is how many of Credits refunds have taken back so far.
	RefundedCredits int64     `bun:"refunded_credits,notnull,type:bigint,default:0" chameleon:"amount" json:"refunded_credits"`
	RefundedAt      time.Time `bun:"refunded_at,nullzero,type:timestamptz" json:"refunded_at,omitzero"`
	// Reversals is what refunds and disputes reported, as JSON.
	Reversals string `bun:"reversals,nullzero,type:text" json:"-"`
	// FailureReason is the provider's explanation of why the last payment
	// failed.
	FailureReason string `bun:"failure_reason,nullzero,type:text" json:"failure_reason,omitempty"`
	// SubEndedAt is when the subscription ended, on its
	// first order.
	SubEndedAt time.Time `bun:"sub_ended_at,nullzero,type:timestamptz" json:"sub_ended_at,omitzero"`
	UpdatedAt  time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`

	// What follows is what the payment did besides, kept so that a call that is
	// made again does the same, whatever has been configured since.

	// CarriedFrom is the order whose unspent credits were carried over into this
	// renewal, CarriedRegrants its Regrants at the time (-1 for the credits that the
	// original application of an adopted database granted, -2 for an order that had
	// granted nothing, such as one that was paid later), CarriedNet how many credits it
	// had granted by then that were not taken back, CarryOver the maximum, and
	// CarryOverWithin, in nanoseconds, how long before they could have expired.
	CarriedFrom     string        `bun:"carried_from,nullzero,type:varchar(255)" chameleon:"exact" json:"-"`
	CarriedRegrants int64         `bun:"carried_regrants,nullzero,type:integer" json:"-"`
	CarriedNet      *int64        `bun:"carried_net,type:bigint" chameleon:"amount" json:"-"`
	CarryOver       int64         `bun:"carry_over,nullzero,type:bigint" chameleon:"amount" json:"-"`
	CarryOverWithin time.Duration `bun:"carry_over_within,nullzero,type:bigint" json:"-"`
	// ReferrerUUID is who earned a commission on the order, if anybody.
	// CommissionRate is in whole percent; CommissionAmount is before any
	// refund.
	ReferrerUUID     string `bun:"referrer_uuid,nullzero,type:varchar(255)" chameleon:"exact" json:"-"`
	CommissionRate   int64  `bun:"commission_rate,nullzero,type:integer" json:"-"`
	CommissionAmount int64  `bun:"commission_amount,nullzero,type:bigint" chameleon:"amount" json:"-"`

	// What follows is of subscriptions alone.

	// Quantity is how many seats were bought, 0 if unknown.
	Quantity int64 `bun:"quantity,nullzero,type:bigint" json:"quantity"`
	// PriceID is the provider's ID of the price or product, empty if unknown.
	PriceID string `bun:"price_id,nullzero,type:varchar(255)" chameleon:"exact" json:"price_id,omitempty"`
	// Worth is the value of what was bought, without taxes, whether it was paid
	// with money or with the balance left by an earlier change of plans; nil if
	// unknown.
	Worth *int64 `bun:"worth,type:bigint" chameleon:"amount" json:"-"`
	// FromBalance is the part of the bill paid from the customer's balance with the
	// provider.
	FromBalance int64 `bun:"from_balance,notnull,type:bigint,default:0" chameleon:"amount" json:"from_balance,omitempty"`
	// RefundedBalance is the part of FromBalance that credit notes gave back.
	RefundedBalance int64 `bun:"refunded_balance,notnull,type:bigint,default:0" chameleon:"amount" json:"refunded_balance,omitempty"`
	// GivesBack is how much money of earlier periods was credited when this order
	// changed the plan; TakesBack is how many of their credits it takes back, for
	// an order that does nothing else.
	GivesBack int64 `bun:"gives_back,notnull,type:bigint,default:0" chameleon:"amount" json:"-"`
	TakesBack int64 `bun:"takes_back,notnull,type:bigint,default:0" chameleon:"amount" json:"-"`
	// ReplacedBy is the order of the plan to which the customer changed before
	// this order's period was over. MovedCredits is how many of this order's
	// Credits changes of plans took back.
	ReplacedBy   string `bun:"replaced_by,nullzero,type:varchar(255)" chameleon:"exact" json:"replaced_by,omitempty"`
	MovedCredits int64  `bun:"moved_credits,notnull,type:bigint,default:0" chameleon:"amount" json:"-"`
	// Regrants is how often the credits were granted anew, with another expiry or as
	// another number. Granted is how many the ledger's grant has, if that is not Credits:
	// their number became known when they were over. Grace, in nanoseconds, is how long
	// they outlive the period.
	Regrants int64         `bun:"regrants,nullzero,type:integer" json:"-"`
	Granted  int64         `bun:"granted,nullzero,type:bigint" chameleon:"amount" json:"-"`
	Grace    time.Duration `bun:"grace,nullzero,type:bigint" json:"-"`
	// Grants is how many monthly grants of Credits a longer period has, 0 for a
	// single grant. GrantsMade is how many were made, and NextGrantAt when the
	// next is due. PartOf is the order that this monthly grant belongs to.
	Grants      int64     `bun:"grants,nullzero,type:integer" json:"-"`
	GrantsMade  int64     `bun:"grants_made,nullzero,type:integer" json:"-"`
	NextGrantAt time.Time `bun:"next_grant_at,nullzero,type:timestamptz" json:"next_grant_at,omitzero"`
	PartOf      string    `bun:"part_of,nullzero,type:varchar(255)" chameleon:"exact" json:"part_of,omitempty"`
	// BillParts are, as JSON, the parts of a period that the bill was of, while the
	// provider has not stated that period: they are measured again once it has.
	BillParts string `bun:"bill_parts,nullzero,type:text" json:"-"`
	// Counted is the start, in seconds since 1970, of the quarter of an hour in whose
	// totals of revenue the order is counted; NULL while in none.
	Counted int64 `bun:"counted,nullzero,type:bigint" json:"-"`
	// Revision changes with the order, and with what the order is the lock for.
	Revision int64 `bun:"revision,nullzero,type:bigint" json:"-"`
}

// Paid returns what was paid for an order that is paid or refunded.
func (o *Order) Paid() int64 {
	if o.PaidAmount != nil {
		return *o.PaidAmount
	}
	return o.Amount
}

// untaxed is what of an amount that was paid for the order was not tax.
func (o *Order) untaxed(amount int64) int64 {
	if o.PaidTax <= 0 || o.Paid() <= 0 {
		return amount
	}
	return share.Down(amount, max(o.Paid()-o.PaidTax, 0), o.Paid())
}

// Marks implements dialect.Marked.
func (*Order) Marks() []string {
	return []string{"id", "order_no", "user_uuid", "amount", "status"}
}

// Indexes implements dialect.Indexed.
func (*Order) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "orders_order_no_unique", Columns: []string{"order_no"}, Unique: true},
		{Name: "orders_user_uuid_paid_at_idx", Columns: []string{"user_uuid", "paid_at", "id"}, Times: []string{"paid_at"}},
		{Name: "orders_user_uuid_created_at_idx", Columns: []string{"user_uuid", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "orders_renewal_key_unique", Columns: []string{"renewal_key"}, Unique: true},
		{Name: "orders_sub_id_created_at_idx", Columns: []string{"sub_id", "created_at"}, Times: []string{"created_at"}},
		{Name: "orders_pay_ref_idx", Columns: []string{"pay_ref"}},
		{Name: "orders_status_created_at_idx", Columns: []string{"status", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "orders_created_at_idx", Columns: []string{"created_at", "id"}, Times: []string{"created_at"}},
		{Name: "orders_counted_paid_at_idx", Columns: []string{ // all that Revenue reads
			"counted", "paid_at", "status", "currency", "paid_amount", "amount", "paid_tax", "refunded_amount",
		}, Times: []string{"paid_at"}},
		{Name: "orders_replaced_by_idx", Columns: []string{"replaced_by"}},
		{Name: "orders_next_grant_at_idx", Columns: []string{"next_grant_at", "id"}},
	}
}

// Models returns this package's tables and those of affiliates, users and the
// ledger, for schema.Push.
func Models() []any {
	return append(affiliates.Models(), &Order{}, &Payment{}, &Subscription{})
}
