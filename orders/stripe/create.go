package stripe

import (
	"maps"

	stripego "github.com/stripe/stripe-go/v85"
)

// Metadata is the metadata that links an object of Stripe's to an order: of a
// payment intent, or of an invoice without a subscription, that you create
// yourself.
func Metadata(orderNo string) map[string]string { return map[string]string{orderKey: orderNo} }

// LinkCheckout writes an order's number wherever an event may come from that a Checkout
// Session leads to: on the session, and by its mode on the subscription that it
// begins, or on the payment intent and the invoice. The payment intent is marked as
// the session's, which alone knows what was taken off the price. What else is in p
// stays.
func LinkCheckout(p *stripego.CheckoutSessionCreateParams, orderNo string) {
	p.ClientReferenceID, p.Metadata = &orderNo, linked(p.Metadata, orderNo)
	switch mode := p.Mode; {
	case mode != nil && *mode == string(stripego.CheckoutSessionModeSubscription):
		if p.SubscriptionData == nil {
			p.SubscriptionData = new(stripego.CheckoutSessionCreateSubscriptionDataParams)
		}
		p.SubscriptionData.Metadata = linked(p.SubscriptionData.Metadata, orderNo)
	case mode == nil || *mode == string(stripego.CheckoutSessionModePayment):
		linkPayment(p, orderNo)
	}
}

func linkPayment(p *stripego.CheckoutSessionCreateParams, orderNo string) {
	if p.PaymentIntentData == nil {
		p.PaymentIntentData = new(stripego.CheckoutSessionCreatePaymentIntentDataParams)
	}
	p.PaymentIntentData.Metadata = linked(p.PaymentIntentData.Metadata, orderNo)
	p.PaymentIntentData.Metadata[byKey] = bySession
	invoice := p.InvoiceCreation
	if invoice == nil || invoice.Enabled == nil || !*invoice.Enabled {
		return
	}
	if invoice.InvoiceData == nil {
		invoice.InvoiceData = new(stripego.CheckoutSessionCreateInvoiceCreationInvoiceDataParams)
	}
	invoice.InvoiceData.Metadata = linked(invoice.InvoiceData.Metadata, orderNo)
}

// linked is a copy of metadata with the order's number.
func linked(metadata map[string]string, orderNo string) map[string]string {
	all := Metadata(orderNo)
	maps.Copy(all, metadata)
	all[orderKey] = orderNo
	return all
}
