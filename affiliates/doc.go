// Package affiliates holds the commissions that referrers earn: one row for
// each paid order of a user whom they invited.
//
// [Record] is called by package orders in the transaction that pays an order,
// once for each order, renewals included. How much is earned is data: see
// [Tiers]. Then [Approve] or [Reject] look at a commission, and [MarkPaid]
// (in money) or [ConvertToCredits] pay it out, once. [Reduce] follows the
// refunds of an order.
//
//	pending → approved → paid
//	pending, approved → rejected
//
// Everything else is a *StateError. A referrer sees [GetSummary] and [List],
// an admin [ListAll].
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors; with a bun.Tx it takes part in the caller's,
// which stays usable after every error that the verb documents. Verbs lock the
// commission's row first, then the ledger's accounts.
//
// A verb that posts to the ledger may also return the errors common to all verbs
// of credits: *credits.ClockError for a time too far ahead, *credits.LimitError,
// *credits.CollationError and *credits.CorruptError. Any verb may return a
// *dialect.NarrowColumnError for an adopted column that is too narrow.
package affiliates
