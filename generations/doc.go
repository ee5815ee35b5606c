// Package generations holds what AI providers made for users: text, images and
// videos, each charged when it is ordered and given back when it fails.
//
// [ChargeGeneration] charges a user and records the generation as pending, in
// one transaction. [Start], [Complete] and [Fail] move it on; Fail returns the
// credits to the very grants they came from, once. [List] pages through a
// user's history, newest first, and [CountByStatus] counts.
//
// Where the cost is known only afterwards, [HoldGeneration] holds the most that
// it can be instead, [Extend] holds it for longer, and [Settle] charges what it
// was and completes the generation. Work that was done is paid for: a Settle
// that comes after the hold has timed out charges the user's credits as they
// are then.
//
// [FailStuck] is for a job that runs now and then: it fails what has been
// pending or processing for too long, with the credits back.
//
// Prices are data: a [PriceList], of which [DefaultPrices] returns the one to
// start from. They can stand in the model_config of the package providers too,
// in the form that [ParsePrices] reads. [ProviderPrices] makes a list of those
// of enabled providers, and ChargeParams.RequireProvider asks for the provider
// at every charge; either way a disabled or unknown one is refused as
// unsupported.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors; with a bun.Tx it takes part in the caller's,
// which stays usable after every error that the verb documents.
//
// A verb that posts to the ledger may also return the errors common to all verbs
// of credits: *credits.ClockError for a time too far ahead, *credits.LimitError,
// *credits.CollationError and *credits.CorruptError. Any verb may return a
// *dialect.NarrowColumnError for an adopted column that is too narrow.
package generations
