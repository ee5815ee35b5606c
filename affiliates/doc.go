// Package affiliates manages the commissions that referrers earn: one for each
// paid order of a user whom they invited.
//
// Package orders calls [Record] in the transaction that pays an order, once per
// order, renewals included. [Tiers] determine the amount. [Approve] or [Reject]
// reviews a commission, and [MarkPaid] (in money) or [ConvertToCredits] pays it
// out, once. [Reduce] follows refunds of the order.
//
//	pending → approved → paid
//	pending, approved → rejected
//
// Any other transition is a *StateError. [GetSummary] and [List] are for the
// referrer, [ListAll] for administrators.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors. With a bun.Tx it joins the caller's
// transaction, which stays usable after every documented error. Verbs lock the
// commission's row first, then the ledger's accounts.
//
// A verb that posts to the ledger may also return the errors common to all verbs
// of credits: *credits.ClockError for a time too far ahead, *credits.LimitError,
// *credits.CollationError and *credits.CorruptError. Any verb may return a
// *dialect.NarrowColumnError for an adopted column that is too narrow.
package affiliates
