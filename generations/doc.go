// Package generations holds what AI providers made for users: text, images and
// videos, each charged when it is ordered and given back when it fails.
//
// [ChargeGeneration] charges a user and records the generation as pending, in
// one transaction. [Start], [Complete] and [Fail] move it on; Fail returns the
// credits to the very grants they came from, once. [List] pages through a
// user's history, newest first.
//
// Prices are data: a [PriceList], of which [DefaultPrices] returns the one to
// start from.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors; with a bun.Tx it takes part in the caller's,
// which stays usable after every error that the verb documents.
package generations
