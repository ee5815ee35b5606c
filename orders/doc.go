// Package orders holds what users buy: one-time packages of credits and
// subscriptions, each renewal of which is an order of its own.
//
// [Create] records an order before its payment; [List] pages through a user's
// orders, newest payment first.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors; with a bun.Tx it takes part in the caller's,
// which stays usable after every error that the verb documents.
package orders
