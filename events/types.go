package events

import "time"

// Type says what happened. The set is open: a product adds types of its own, which do
// not begin with credits., order., subscription. or generation.
type Type string

// The types that this module writes, all of version 1.
const (
	// TypeCreditsGranted: credits came in. [CreditsGranted].
	TypeCreditsGranted Type = "credits.granted"
	// TypeLowBalance: what can be spent fell below the account's mark. [LowBalance].
	TypeLowBalance Type = "credits.low_balance"
	// TypeDebtBegun: an account that owed nothing owes. [Debt].
	TypeDebtBegun Type = "credits.debt_begun"
	// TypeDebtSettled: an account owes nothing any more. [Debt].
	TypeDebtSettled Type = "credits.debt_settled"
	// TypeCreditsExpiring: what is left of a grant expires soon. [CreditsExpiring].
	TypeCreditsExpiring Type = "credits.expiring"
	// TypeOrderPaid: an order was paid. [OrderPaid].
	TypeOrderPaid Type = "order.paid"
	// TypeOrderRefunded: money of an order went back, or came back. [OrderRefunded].
	TypeOrderRefunded Type = "order.refunded"
	// TypeSubscriptionChanged: a subscription's status, plan, quantity, period or end
	// is another. [SubscriptionChanged].
	TypeSubscriptionChanged Type = "subscription.changed"
	// TypeGenerationSettled: a generation has ended, and its cost is final.
	// [GenerationSettled].
	TypeGenerationSettled Type = "generation.settled"
)

// CreditsGranted is the payload of [TypeCreditsGranted].
type CreditsGranted struct {
	// Amount was granted; DebtPaid is the part of it that paid debt.
	Amount   int64 `json:"amount"`
	DebtPaid int64 `json:"debt_paid,omitempty"`
	// TransType is the ledger's transaction type.
	TransType string `json:"trans_type"`
	OrderNo   string `json:"order_no,omitempty"`
	// ExpiresAt is when the grant expires, absent for never.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Available int64     `json:"available"`
	Balance   int64     `json:"balance"`
}

// LowBalance is the payload of [TypeLowBalance].
type LowBalance struct {
	Mark      int64 `json:"mark"`
	Available int64 `json:"available"`
	Balance   int64 `json:"balance"`
}

// Debt is the payload of [TypeDebtBegun] and [TypeDebtSettled].
type Debt struct {
	// Debt is owed now.
	Debt      int64 `json:"debt"`
	Available int64 `json:"available"`
	Balance   int64 `json:"balance"`
}

// CreditsExpiring is the payload of [TypeCreditsExpiring].
type CreditsExpiring struct {
	// Credits are the grant's free credits now.
	Credits   int64     `json:"credits"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Lot is the number of the ledger's entry that granted them.
	Lot int64 `json:"lot"`
}

// OrderPaid is the payload of [TypeOrderPaid].
type OrderPaid struct {
	OrderNo string `json:"order_no"`
	// Amount was paid, in the currency's smallest unit.
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency,omitempty"`
	Credits   int64  `json:"credits"`
	PayType   string `json:"pay_type,omitempty"`
	ProductID string `json:"product_id,omitempty"`
	// SubID is the provider's ID of the subscription, and FirstOrderNo the
	// subscription's first order if this one is a renewal.
	SubID        string `json:"sub_id,omitempty"`
	FirstOrderNo string `json:"first_order_no,omitempty"`
}

// OrderRefunded is the payload of [TypeOrderRefunded].
type OrderRefunded struct {
	OrderNo string `json:"order_no"`
	// Refunded is how much of Paid has been given back in all so far, in the
	// currency's smallest unit, including what open disputes hold.
	Refunded int64  `json:"refunded"`
	Paid     int64  `json:"paid"`
	Currency string `json:"currency,omitempty"`
	// Status is the order's status: refunded, or paid if part of the money was
	// kept.
	Status string `json:"status"`
}

// SubscriptionChanged is the payload of [TypeSubscriptionChanged].
type SubscriptionChanged struct {
	SubID string `json:"sub_id"`
	// Provider is whose subscription it is, OrderNo its first order.
	Provider string `json:"provider,omitempty"`
	OrderNo  string `json:"order_no,omitempty"`
	// From is the status before, empty for a new one; Status is the one now.
	From              string    `json:"from,omitempty"`
	Status            string    `json:"status"`
	PriceID           string    `json:"price_id,omitempty"`
	Quantity          int64     `json:"quantity"`
	PeriodEnd         time.Time `json:"period_end,omitzero"`
	CancelAtPeriodEnd bool      `json:"cancel_at_period_end"`
}

// GenerationSettled is the payload of [TypeGenerationSettled].
type GenerationSettled struct {
	GenID string `json:"gen_id"`
	// Status is completed or failed.
	Status string `json:"status"`
	// Cost is what it cost in credits; 0 if it failed, since its credits were
	// returned.
	Cost int64 `json:"cost"`
}
