// Package stripe turns Stripe's webhooks into calls of package orders: it verifies the
// request and calls the verb for the event. It is a separate module, because it needs
// stripe-go.
//
//	http.Handle("POST /webhooks/stripe", stripe.Handler(db, stripe.Config{
//		Secrets: []secret.Secret{secret.New(os.Getenv("STRIPE_WEBHOOK_SECRET"))},
//	}, nil))
//
// # How events are matched to orders
//
// When you create a Checkout Session, [LinkCheckout] sets the order's number in every
// place where an event needs it. For payment intents and invoices that you create
// yourself, set [Metadata]. Refunds and disputes are matched by the payment intent;
// order_no in its metadata is used only for a one-time order whose payment is unknown.
// Refunds and disputes of an unknown payment are kept until it is reported. The
// client_reference_id of a payment link is under the payer's control, and is used only
// with Config.PaymentLinks.
//
// What a session or a payment intent paid must match the order: its currency, and its
// price before discounts and taxes. webhook.Options.Accept and LocalCurrency permit
// differences. A session in setup mode pays nothing.
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
//	                                            period, orders.Renew for later ones;
//	                                            without a subscription,
//	                                            orders.MarkPaid if it names an order
//	invoice_payment.paid                        orders.LinkPayment
//	invoice.payment_failed                      orders.MarkFailed, orders.FailRenewal
//	charge.refunded                             orders.Refund, of the total
//	refund.created, .updated, .failed,
//	charge.refund.updated                       orders.Refund, of that refund
//	credit_note.created, .updated, .voided      orders.Refund, of the amount that stays
//	                                            in the customer's balance
//	charge.dispute.created, .updated, .closed,
//	.funds_withdrawn, .funds_reinstated         orders.Dispute
//	customer.subscription.created, .updated,
//	.paused, .resumed, .trial_will_end,
//	.deleted                                    orders.SyncSubscription
//
// Any other event, thin events included, is a webhook.ErrUnknownEvent, which is answered
// with 200 and passed to webhook.Options.Hook. Events may arrive twice, concurrently,
// late and out of order: the verbs do each thing once, and an event that arrives too
// early is answered with a status that makes Stripe resend it.
//
// # API versions
//
// Events are read in the format of the endpoint's API version. Since 2025-03-31, an
// invoice no longer names its payment intent. So that refunds of invoices can be matched,
// also subscribe to invoice_payment.paid, or set Config.PaymentIntent.
package stripe
