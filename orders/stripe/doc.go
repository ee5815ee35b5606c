// Package stripe carries out Stripe's webhooks on package orders: it verifies
// the request and calls the verb that the event asks for. It has a module of its own,
// so that no other package brings stripe-go.
//
//	http.Handle("POST /webhooks/stripe", stripe.Handler(db, stripe.Config{
//		Secrets: []secret.Secret{secret.New(os.Getenv("STRIPE_WEBHOOK_SECRET"))},
//	}, nil))
//
// # What ties an event to an order
//
// When you create a Checkout Session, [LinkCheckout] writes the order's number wherever
// an event needs it; for payment intents and invoices of your own, [Metadata] is
// what to set. Refunds and disputes are matched by the payment intent; order_no
// in its metadata counts only for a one-time order whose payment is not known.
// Those of an unknown payment are kept until it is reported. The
// client_reference_id of a payment link is the payer's own, and counts only with
// Config.PaymentLinks.
//
// What a session or a payment intent paid is compared with the order: its
// currency, and its price before discounts and taxes. See webhook.Options.Accept
// and LocalCurrency for what may differ. A session in setup mode pays nothing.
//
// # Events
//
//	checkout.session.completed                  orders.MarkPaid, once it is paid
//	checkout.session.async_payment_succeeded    orders.MarkPaid
//	checkout.session.async_payment_failed       orders.MarkFailed
//	checkout.session.expired                    orders.Cancel
//	payment_intent.succeeded                    orders.MarkPaid, if it names an order
//	payment_intent.payment_failed               orders.MarkFailed, if it names an order
//	invoice.paid, invoice.payment_succeeded     orders.MarkPaid for the first
//	                                            period, orders.Renew for others; one
//	                                            without a subscription, orders.MarkPaid
//	                                            if it names an order
//	invoice_payment.paid                        orders.LinkPayment
//	invoice.payment_failed                      orders.MarkFailed, orders.FailRenewal
//	charge.refunded                             orders.Refund, the total
//	refund.created, .updated, .failed,
//	charge.refund.updated                       orders.Refund, that refund
//	credit_note.created, .updated, .voided      orders.Refund, what was left with the
//	                                            customer's balance
//	charge.dispute.created, .updated, .closed,
//	.funds_withdrawn, .funds_reinstated         orders.Dispute
//	customer.subscription.created, .updated,
//	.paused, .resumed, .trial_will_end,
//	.deleted                                    orders.SyncSubscription
//
// Anything else is a webhook.ErrUnknownEvent, which is answered with 200, thin
// events included; webhook.Options.Hook sees it.
// Events may come twice, at once, late and out of order: the verbs see to it
// that each thing is done once. What comes too early is answered so that
// Stripe sends it again.
//
// # API versions
//
// Events are read in the shape of the endpoint's API version. Since 2025-03-31
// an invoice no longer names its payment intent: have invoice_payment.paid sent,
// too, or set Config.PaymentIntent, so that refunds of invoices' payments are matched.
package stripe
