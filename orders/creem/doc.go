// Package creem turns Creem's webhooks into calls of package orders: it verifies the
// request and calls the verb for the event.
//
//	http.Handle("POST /webhooks/creem", creem.Handler(db, creem.Config{
//		Secrets: []secret.Secret{secret.New(os.Getenv("CREEM_WEBHOOK_SECRET"))},
//	}, nil))
//
// # How events are matched to orders
//
// When you create a checkout, set the order's number as request_id and as order_no in
// metadata, as [CheckoutOf] does. Renewals are matched by their subscription, refunds and
// disputes by their transaction. The order's number is used only for a one-time order
// whose transaction is unknown. Refunds and disputes of an unknown transaction are kept
// until it is reported.
//
// # Events
//
//	checkout.completed               orders.MarkPaid
//	subscription.paid                orders.Renew; for the first period, which the
//	                                 checkout has paid, a replay
//	subscription.past_due, .unpaid   orders.FailRenewal
//	subscription.active, .trialing,
//	.update, .paused, .expired,
//	.scheduled_cancel, .canceled     orders.SyncSubscription
//	refund.created, .updated,
//	.failed                          orders.Refund
//	dispute.created, .updated,
//	.closed, .won, .lost             orders.Dispute; its outcome is the status of the
//	                                 dispute, or of its transaction
//
// The amount paid is amount_paid, or amount_due if the order is reported before its money
// has been counted. An amount_due of 0 is a discount of the full price.
//
// Any other event is a webhook.ErrUnknownEvent, which is answered with 200 and passed to
// webhook.Options.Hook. Creem repeats an event that is not answered with 200 after 30
// seconds, a minute, 5 minutes and an hour.
//
// # Signatures
//
// The header creem-signature is the HMAC-SHA256 of the raw body with the webhook's
// secret, in hexadecimal. It carries no time. Events can be resent by hand much later and
// verbs do everything once, so no event is too old unless Config.MaxAge sets a limit.
package creem
