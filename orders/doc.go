// Package orders holds what users buy: one-time packages of credits and
// subscriptions, each renewal of which is an order of its own.
//
//	pending    → paid, failed or cancelled
//	failed     → paid
//	cancelled  → paid
//	paid       → refunded
//
// Everything else is a *StateError. A failed payment may be tried again, and
// money that arrives after an order was cancelled pays it all the same.
//
// [Create] records an order before its payment. [MarkPaid], [MarkFailed],
// [Cancel], [Refund] and [Dispute] are what became of it; [Renew] and
// [FailRenewal] are the later periods of a subscription, and [EndSubscription]
// its end. [List] pages through a user's orders, [ListAll] through everyone's,
// and [Revenue] adds up what was paid, by day and currency.
//
// # Once, whatever arrives
//
// Payment providers report an event twice, at once, late and out of order. Each
// verb is made for that: what it does, it does in one transaction (the status,
// the credits, the referrer's commission), and repeating it returns what was
// done, marked as a replay. The same reports in any order end in the same
// state, as long as those that came too early are delivered again: a refund of
// an unpaid order is a *StateError that is Retryable, a renewal before the
// subscription's first payment a *NotStartedError. Reports that came too late
// are a *StateError that is not Retryable.
//
// # Payments
//
// A payment whose name the provider tells is a row of its own, a [Payment]. A
// second payment of an order is kept as surplus and grants nothing. Refunds and
// disputes find their payment first: with Provider set, those of a payment that
// is not known are kept, and applied when it is reported, so that nothing is
// lost when a provider stops sending them again. [ListPayments] lists payments.
//
// # Subscriptions
//
// What a provider says of a subscription is a row of its own, a [Subscription]:
// [SyncSubscription] keeps it, and so do payments. [GetSubscription] and
// [ListSubscriptions] read it, also a user's running ones alone. A second running
// one for the same product is in [Result].Duplicates. What each event does, and what a
// change of plans, a seat or a trial grants, is in docs/subscriptions.md.
//
// # Credits
//
// A paid order grants its Credits (transaction type order_pay, ledger key
// order:<number>:grant). Those of one-time orders expire a year after the
// payment, those of a subscription when the period that was paid ends. Months
// and years are added by the calendar and clamped: a period that starts on 31
// January ends on 28 or 29 February, the next on 31 March.
//
// A refund takes credits back in proportion, credits × refunded ÷ paid, rounded
// down, so that a full refund takes exactly all. What changes of plans took of the
// same order is added before, and the sum is rounded up. Credits that were spent become
// debt or are forgiven, as the caller decides. Several refunds and disputes of
// one order add up, to no more than what was paid.
//
// # Transactions
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors; with a bun.Tx it takes part in the caller's,
// which stays usable after every error that the verb documents. Locks are taken
// in one order: the subscription's first order, the order, its commission, then
// the ledger's accounts, sorted.
//
// A verb that posts to the ledger may also return what every verb of credits may
// (its section Errors): *credits.ClockError for a time too far ahead,
// *credits.LimitError, *credits.CollationError and *credits.CorruptError; and any
// verb a *dialect.NarrowColumnError for an adopted column that is too narrow.
package orders
