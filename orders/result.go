package orders

import (
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Result is an order and what happened to it.
type Result struct {
	// Order is the order as it stands; nil for a refund or dispute of a payment
	// that is not known yet.
	Order *Order `json:"order,omitzero"`
	// Payment is the row of the payment that the call was about; nil if the
	// provider's ID of it is not known. Its Status is PaymentSurplus if it has
	// to be given back.
	Payment *Payment `json:"payment,omitzero"`
	// Subscription is the row of the subscription that the call was about; nil for
	// one-time orders.
	Subscription *Subscription `json:"subscription,omitzero"`
	// Duplicates are the user's other running subscriptions for the same product,
	// as when somebody subscribed twice.
	Duplicates []Subscription `json:"duplicates,omitempty"`
	// Operation is what the ledger did to the buyer's account: the grant of a
	// payment, the claw-back of a refund; nil where no credits moved.
	Operation *credits.Operation `json:"operation,omitzero"`
	// Commission is what the referrer earned on the order, as it stands; nil
	// for nothing.
	Commission *affiliates.Commission `json:"commission,omitzero"`
	// Uncommissioned is a *affiliates.CurrencyError if a referrer would have
	// earned a commission but the Tiers do not cover the order's currency.
	Uncommissioned error `json:"-"`
	// OtherSubID is the subscription that the payment began, if the order already
	// has another one. It keeps charging the customer until somebody cancels it.
	OtherSubID string `json:"other_sub_id,omitempty"`
	// Replayed is true if the call had been made before or came too late to
	// matter: nothing was done, and no money or credits moved.
	Replayed bool `json:"replayed"`
	// Mended lists what an earlier call had left undone because its commit was
	// partial, and this call did: [credits.PartOrder], [credits.PartGrant],
	// [credits.PartCommission] or [credits.PartClawBack]. Nil for a first call
	// and for a replay.
	Mended []credits.Part `json:"mended,omitempty"`
}

// Money is an amount in a currency.
type Money struct {
	// Amount is in the currency's smallest unit, 0 to 2^53.
	Amount int64 `json:"amount"`
	// Currency is an ISO 4217 code in any case.
	Currency string `json:"currency"`
}

// check returns the money with its currency upper-cased; nil stays nil.
func (m *Money) check(field string) (*Money, error) {
	if m == nil {
		return nil, nil
	}
	currency, err := valid.Currency(field+".Currency", m.Currency)
	if err != nil {
		return nil, err
	}
	return &Money{Amount: m.Amount, Currency: currency}, valid.AmountOrZero(field+".Amount", m.Amount)
}

// granted reports whether the order's credits are known: this package granted
// them, or they were found among the entries of the original application.
func (o *Order) granted() bool { return (o.PaidAmount != nil || o.GrantKey != "") && o.inLedger() > 0 }
