// Package stripe carries out Stripe's webhooks on package orders: it verifies
// the request and calls the verb that the event asks for. It is a package of
// its own so that only those who use it link stripe-go.
//
//	http.Handle("POST /webhooks/stripe", stripe.Handler(db, stripe.Config{
//		Secrets: []string{os.Getenv("STRIPE_WEBHOOK_SECRET")},
//	}, nil))
//
// # What ties an event to an order
//
// When you create a Checkout Session, set the order's number as
// client_reference_id or as order_no in metadata; for subscriptions set it in
// subscription_data.metadata, too, so that an invoice that arrives before its
// session is completed finds its order. Refunds and disputes are matched by
// the payment intent; order_no in its metadata (payment_intent_data.metadata)
// counts only for a one-time order whose payment is not known. Those of an
// unknown payment are kept until it is reported.
//
// # Events
//
//	checkout.session.completed                  orders.MarkPaid, once it is paid
//	checkout.session.async_payment_succeeded    orders.MarkPaid
//	checkout.session.async_payment_failed       orders.MarkFailed
//	checkout.session.expired                    orders.Cancel
//	invoice.paid, invoice.payment_succeeded     orders.MarkPaid for the first
//	                                            period, orders.Renew for others
//	invoice.payment_failed                      orders.MarkFailed, orders.FailRenewal
//	charge.refunded                             orders.Refund
//	charge.dispute.created, .updated, .closed,
//	.funds_withdrawn, .funds_reinstated         orders.Dispute
//	customer.subscription.created, .updated,
//	.paused, .resumed, .trial_will_end,
//	.deleted                                    orders.SyncSubscription
//
// Anything else is a webhook.ErrUnknownEvent, which is answered with 200.
// Events may come twice, at once, late and out of order: the verbs see to it
// that each thing is done once. What comes too early is answered so that
// Stripe sends it again.
//
// # API versions
//
// Events are read in the shape of the endpoint's API version. Since 2025-03-31
// an invoice no longer names its payment intent; set Config.PaymentIntent so
// that refunds of subscription payments are matched.
package stripe
