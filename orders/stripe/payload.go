package stripe

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	stripego "github.com/stripe/stripe-go/v85"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// orderKey is where metadata holds the order's number.
const orderKey = "order_no"

// byKey is where the metadata of a payment intent says that a session made it.
const (
	byKey     = "order_by"
	bySession = "checkout_session"
)

// read reads the event's object. stripe-go's types read references that are
// expanded and those that are plain ids.
func read[T any](e *stripego.Event) (*T, error) {
	object := new(T)
	if err := json.Unmarshal(e.Data.Raw, object); err != nil {
		return nil, fmt.Errorf("%w: %w", webhook.ErrPayload, err)
	}
	return object, nil
}

// foreign is the error of an event whose order is not there: where it names none
// either, it is another product's.
func foreign(err error, no string) error {
	if no == "" && errors.Is(err, orders.ErrNotFound) {
		return fmt.Errorf("%w: %w", webhook.ErrNotOurs, err)
	}
	return err
}

// created is when the event happened.
func created(e *stripego.Event) time.Time { return unix(e.Created) }

func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// money is an amount in Stripe's lower-case currency.
func money(amount int64, currency stripego.Currency) *orders.Money {
	return &orders.Money{Amount: amount, Currency: strings.ToUpper(string(currency))}
}

// due is what was to be paid, nil where the event does not say.
func due(amount int64, currency stripego.Currency) *orders.Money {
	if currency == "" || amount < 0 {
		return nil
	}
	return money(amount, currency)
}

// invoice is what is read of an invoice: stripe-go's shape, and what older API
// versions put at its top.
type invoice struct {
	stripego.Invoice
	legacy legacyInvoice
	raw    []byte
}

type legacyInvoice struct {
	Subscription        json.RawMessage `json:"subscription"`
	PaymentIntent       json.RawMessage `json:"payment_intent"`
	Charge              json.RawMessage `json:"charge"`
	SubscriptionDetails struct {
		Metadata map[string]string `json:"metadata"`
	} `json:"subscription_details"`
	Lines struct {
		Data []legacyLine `json:"data"`
	} `json:"lines"`
}

type legacyLine struct {
	Proration bool   `json:"proration"`
	Type      string `json:"type"`
	Price     struct {
		ID         string     `json:"id"`
		UnitAmount *int64     `json:"unit_amount"`
		Recurring  *usageType `json:"recurring"`
	} `json:"price"`
	Plan *usageType `json:"plan"`
}

// usageType says whether a price is for what was used.
type usageType struct {
	UsageType string `json:"usage_type"`
}

func readInvoice(e *stripego.Event) (*invoice, error) {
	inv := &invoice{raw: e.Data.Raw}
	if err := json.Unmarshal(e.Data.Raw, &inv.Invoice); err != nil {
		return nil, fmt.Errorf("%w: %w", webhook.ErrPayload, err)
	}
	if err := json.Unmarshal(e.Data.Raw, &inv.legacy); err != nil {
		return nil, fmt.Errorf("%w: %w", webhook.ErrPayload, err)
	}
	return inv, nil
}

// subscription is the id of the subscription that the invoice is of, empty for
// none.
func (inv *invoice) subscription() string {
	if p := inv.Parent; p != nil && p.SubscriptionDetails != nil && p.SubscriptionDetails.Subscription != nil {
		return p.SubscriptionDetails.Subscription.ID
	}
	return reference(inv.legacy.Subscription)
}

// orderNo is the number of the subscription's first order, if its metadata
// says.
func (inv *invoice) orderNo() string {
	if p := inv.Parent; p != nil && p.SubscriptionDetails != nil {
		if no := p.SubscriptionDetails.Metadata[orderKey]; no != "" {
			return no
		}
	}
	if no := inv.legacy.SubscriptionDetails.Metadata[orderKey]; no != "" || inv.Lines == nil {
		return no
	}
	for i, l := range inv.Lines.Data { // before 2022-11-15 the lines alone have it
		if l != nil && l.Metadata[orderKey] != "" && inv.ofSubscription(i) {
			return l.Metadata[orderKey]
		}
	}
	return ""
}

// paymentRef is what paid the invoice, where the event says: a payment intent, or a
// charge that has none.
func (inv *invoice) paymentRef() string {
	if inv.Payments != nil {
		for _, p := range inv.Payments.Data {
			if ref := paidBy(p); p != nil && p.Status == "paid" && ref != "" {
				return ref
			}
		}
	}
	return cmp.Or(reference(inv.legacy.PaymentIntent), reference(inv.legacy.Charge))
}

// paidBy is Stripe's name for a payment of an invoice, empty for one that was made
// outside of Stripe.
func paidBy(p *stripego.InvoicePayment) string {
	switch {
	case p == nil || p.Payment == nil:
		return ""
	case p.Payment.PaymentIntent != nil:
		return p.Payment.PaymentIntent.ID
	}
	return chargeID(p.Payment.Charge)
}

// period is what an invoice pays of its subscription.
type period struct {
	start, end time.Time
	price      string
}

// period finds the line that pays a period: of those that are not prorations
// the one that ends last. An invoice without one, such as for a change in the
// middle of a period, renews nothing.
func (inv *invoice) period() (period, bool) {
	var best period
	if inv.Lines == nil {
		return best, false
	}
	for i, line := range inv.Lines.Data {
		if line.Period == nil || inv.proration(i) || !inv.ofSubscription(i) {
			continue
		}
		if end := unix(line.Period.End); end.After(best.end) {
			best = period{start: unix(line.Period.Start), end: end, price: inv.price(i)}
		}
	}
	return best, !best.start.IsZero()
}

// legacyLine is line i as older API versions write it.
func (inv *invoice) legacyLine(i int) legacyLine {
	if lines := inv.legacy.Lines.Data; i < len(lines) {
		return lines[i]
	}
	return legacyLine{}
}

func (inv *invoice) proration(i int) bool {
	if p := inv.Lines.Data[i].Parent; p != nil {
		switch {
		case p.SubscriptionItemDetails != nil:
			return p.SubscriptionItemDetails.Proration
		case p.InvoiceItemDetails != nil:
			return p.InvoiceItemDetails.Proration
		}
	}
	return inv.legacyLine(i).Proration
}

func (inv *invoice) ofSubscription(i int) bool {
	if p := inv.Lines.Data[i].Parent; p != nil {
		return p.SubscriptionItemDetails != nil
	}
	return inv.legacyLine(i).Type == "subscription"
}

func (inv *invoice) price(i int) string {
	if p := inv.Lines.Data[i].Pricing; p != nil && p.PriceDetails != nil && p.PriceDetails.Price != nil {
		return p.PriceDetails.Price.ID
	}
	return inv.legacyLine(i).Price.ID
}

// reference reads an id that stands plainly or in an expanded object.
func reference(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	var object struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(raw, &object) // neither: no reference
	return object.ID
}
