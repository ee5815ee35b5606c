package orders

import "time"

// Reason is why a subscription was billed.
type Reason string

// The reasons.
const (
	// ReasonFirst is the beginning of a subscription.
	ReasonFirst Reason = "first"
	// ReasonRenewal is the next period.
	ReasonRenewal Reason = "renewal"
	// ReasonChange is a change in the middle of a period.
	ReasonChange Reason = "change"
	// ReasonOther is anything else.
	ReasonOther Reason = "other"
)

// Purchase is all that a provider says of a payment of a subscription. Amounts
// are in the currency's smallest unit.
type Purchase struct {
	Provider PayType `json:"provider"`
	// SubID is the subscription and Ref the provider's name for the bill.
	SubID string `json:"sub_id,omitempty"`
	Ref   string `json:"ref,omitempty"`
	// OrderNo is the order that the metadata names, if any.
	OrderNo string `json:"order_no,omitempty"`
	Reason  Reason `json:"reason"`
	// Trial is true for the time before the first payment, which costs nothing.
	Trial bool   `json:"trial"`
	Lines []Line `json:"lines,omitempty"`
	// More is true where the provider left lines off.
	More bool `json:"more"`
	// Subtotal is the sum of the lines before discounts and taxes, Total after
	// them, Paid what of it was paid now, and FromBalance what the customer's balance
	// with the provider paid. Credit notes from before the payment are discounts.
	Subtotal    int64     `json:"subtotal"`
	Discount    int64     `json:"discount"`
	Tax         int64     `json:"tax"`
	Total       int64     `json:"total"`
	Paid        int64     `json:"paid"`
	FromBalance int64     `json:"from_balance"`
	Currency    string    `json:"currency"`
	At          time.Time `json:"at,omitzero"`
}

// Bought is what a Purchase bought, where it is not what follows from its lines.
type Bought struct {
	// Credits is how many the payment grants in all, may be 0; for a change in the
	// middle of a period that keeps the period a negative number takes back.
	Credits int64 `json:"credits"`
	// ExpiresAt is when they expire; zero means as they would.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Plan is what orders say was bought; nil means that of the main line.
	Plan *Plan `json:"plan,omitzero"`
}
