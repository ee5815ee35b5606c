package orders

import "time"

// Reason is why a subscription was billed.
type Reason string

// The reasons.
const (
	// ReasonFirst is the start of a subscription.
	ReasonFirst Reason = "first"
	// ReasonRenewal is the next period.
	ReasonRenewal Reason = "renewal"
	// ReasonChange is a change in the middle of a period.
	ReasonChange Reason = "change"
	// ReasonOther is anything else.
	ReasonOther Reason = "other"
)

// Purchase is everything a provider reports about a payment of a subscription.
// Amounts are in the currency's smallest unit.
type Purchase struct {
	Provider PayType `json:"provider"`
	// SubID and Ref are the provider's IDs of the subscription and the bill.
	SubID string `json:"sub_id,omitempty"`
	Ref   string `json:"ref,omitempty"`
	// OrderNo is the order that the metadata names, if any.
	OrderNo string `json:"order_no,omitempty"`
	Reason  Reason `json:"reason"`
	// Trial is true for a free trial before the first payment.
	Trial bool   `json:"trial"`
	Lines []Line `json:"lines,omitempty"`
	// More is true if the provider truncated the lines.
	More bool `json:"more"`
	// Subtotal is the sum of the lines before discounts and taxes, Total after them.
	// Paid is the part paid now, and FromBalance the part paid from the customer's
	// balance with the provider. Credit notes from before the payment count as
	// discounts.
	Subtotal    int64 `json:"subtotal"`
	Discount    int64 `json:"discount"`
	Tax         int64 `json:"tax"`
	Total       int64 `json:"total"`
	Paid        int64 `json:"paid"`
	FromBalance int64 `json:"from_balance"`
	// CustomerRef is the provider's ID of the customer, if the provider keeps a balance.
	CustomerRef string    `json:"customer_ref,omitempty"`
	Currency    string    `json:"currency"`
	At          time.Time `json:"at,omitzero"`
}

// Bought is what a Purchase bought, if it is not what its lines say.
type Bought struct {
	// Credits is how many credits the payment grants in all; it may be 0. For a
	// change within a period that keeps the period, a negative number takes
	// credits back.
	Credits int64 `json:"credits"`
	// ExpiresAt is when they expire; zero means the usual expiry.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Plan is the plan recorded in the order; nil means that of the main line.
	Plan *Plan `json:"plan,omitzero"`
}
