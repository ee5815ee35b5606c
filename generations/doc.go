// Package generations records what AI providers make for users: text, images
// and videos, each charged when it is ordered and refunded if it fails.
//
// [ChargeGeneration] charges a user and records the generation as pending, in
// one transaction. [Start], [Complete] and [Fail] move it on; Fail returns the
// credits, once, to the grants that they came from. [List] pages through a
// user's history, newest first, and [CountByStatus] counts.
//
// If the cost is known only afterwards, [HoldGeneration] holds the maximum
// instead, [Extend] prolongs the hold, and [Settle] charges the actual cost and
// completes the generation. Work that was done is paid for: a Settle after the
// hold has timed out charges whatever credits the user has then.
//
// [FailStuck] is for a periodic job: it fails generations that have been
// pending or processing for too long and returns their credits.
//
// Prices are data: a [PriceList], for which [DefaultPrices] returns a starting
// point. They can also be kept in a provider's model_config (package
// providers), in the form that [ParsePrices] reads. [ProviderPrices] lists the
// prices of all enabled providers, and ChargeParams.RequireProvider looks up
// the provider at every charge; either way, a disabled or unknown provider is
// refused as unsupported.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors. With a bun.Tx it joins the caller's
// transaction, which stays usable after every documented error.
//
// A verb that posts to the ledger may also return the errors common to all verbs
// of credits: *credits.ClockError for a time too far ahead, *credits.LimitError,
// *credits.CollationError and *credits.CorruptError. Any verb may return a
// *dialect.NarrowColumnError for an adopted column that is too narrow.
package generations
