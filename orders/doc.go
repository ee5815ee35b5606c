// Package orders records what users buy: one-time packages of credits, and
// subscriptions, whose renewals are orders of their own.
//
//	pending    → paid, failed or cancelled
//	failed     → paid
//	cancelled  → paid
//	paid       → refunded
//
// Any other transition is a *StateError. A failed payment may be retried, and
// money that arrives after an order was cancelled still pays it.
//
// [Create] records an order before its payment. [MarkPaid], [MarkFailed],
// [Cancel], [Refund] and [Dispute] record what became of it. [Renew] and
// [FailRenewal] record later periods of a subscription, and [EndSubscription]
// its end. [List] pages through a user's orders, [ListAll] through everyone's,
// and [Revenue] adds up payments by day and currency.
//
// # Once, whatever arrives
//
// Payment providers report events twice, concurrently, late and out of order.
// Every verb is built for that: it does all of its work (the status, the
// credits, the referrer's commission) in one transaction, and repeating it
// returns the earlier result, marked as a replay. The same reports in any order
// lead to the same state, as long as reports that came too early are delivered
// again: a refund of an unpaid order is a Retryable *StateError, and a renewal
// before the subscription's first payment a *NotStartedError. A report that
// came too late is a *StateError that is not Retryable.
//
// # Payments
//
// A payment that the provider identifies has a row of its own, a [Payment]. A
// second payment of an order is kept as surplus and grants nothing. Refunds and
// disputes are matched to their payment. With Provider set, those of an unknown
// payment are kept and applied once it is reported, so nothing is lost when a
// provider stops retrying. [ListPayments] lists payments.
//
// # Subscriptions
//
// What a provider says about a subscription is kept in a row of its own, a
// [Subscription], which [SyncSubscription] and payments update. [GetSubscription] and
// [ListSubscriptions] read it; the list can be limited to a user's running
// subscriptions. A second running subscription for the same product is reported in
// [Result].Duplicates. docs/subscriptions.md describes what each event does, and what
// changes of plans, seats and trials grant.
//
// # Credits
//
// A paid order grants its Credits (transaction type order_pay, ledger key
// order:<number>:grant). Credits of one-time orders expire a year after the
// payment, those of a subscription at the end of the paid period. Months and
// years are calendar months and years, clamped: a period that starts on 31
// January ends on 28 or 29 February, and the next on 31 March.
//
// A refund takes back credits in proportion, credits × refunded ÷ paid, rounded down,
// so that a full refund takes exactly all of them. If changes of plans also took
// credits of the order, those are added first and the sum is rounded up. Spent
// credits become debt or are forgiven, as the caller decides. Several refunds and
// disputes of one order add up, to no more than what was paid.
//
// # Transactions
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors. With a bun.Tx it joins the caller's
// transaction, which stays usable after every documented error. Locks are
// always taken in the same order: the subscription's first order, the order,
// its commission, then the ledger's accounts, sorted.
//
// A verb that posts to the ledger may also return the errors common to all verbs
// of credits: *credits.ClockError for a time too far ahead, *credits.LimitError,
// *credits.CollationError and *credits.CorruptError. Any verb may return a
// *dialect.NarrowColumnError for an adopted column that is too narrow.
package orders
