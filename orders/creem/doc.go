// Package creem carries out Creem's webhooks on package orders: it verifies
// the request and calls the verb that the event asks for.
//
//	http.Handle("POST /webhooks/creem", creem.Handler(db, creem.Config{
//		Secrets: []secret.Secret{secret.New(os.Getenv("CREEM_WEBHOOK_SECRET"))},
//	}, nil))
//
// # What ties an event to an order
//
// When you create a checkout, set the order's number as request_id and as
// order_no in metadata, as [CheckoutOf] does. Renewals are matched by the subscription, refunds and
// disputes by their transaction; the order's number counts only for a one-time
// order whose transaction is not known. Those of an unknown transaction are kept
// until it is reported.
//
// # Events
//
//	checkout.completed               orders.MarkPaid
//	subscription.paid                orders.Renew; the first period is that of
//	                                 the checkout and a replay
//	subscription.past_due, .unpaid   orders.FailRenewal
//	subscription.active, .trialing,
//	.update, .paused, .expired,
//	.scheduled_cancel, .canceled     orders.SyncSubscription
//	refund.created, .updated,
//	.failed                          orders.Refund
//	dispute.created, .updated,
//	.closed, .won, .lost             orders.Dispute; its status, or that of its
//	                                 transaction, tells how it ended
//
// What was paid is amount_paid, or amount_due where an order is told of before
// its money is counted; 0 due is a discount of all of it.
//
// Anything else is a webhook.ErrUnknownEvent, which is answered with 200;
// webhook.Options.Hook sees it. Creem
// sends an event again when it is not answered with 200: after 30 seconds, a
// minute, 5 minutes and an hour.
//
// # Signatures
//
// The header creem-signature is the HMAC-SHA256 of the raw body with the
// webhook's secret, in hexadecimal. It has no time of its own. Since events can
// be sent again by hand much later, and verbs do everything once, no event is
// too old unless Config.MaxAge says so.
package creem
