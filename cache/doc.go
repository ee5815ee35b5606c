// Package cache keeps what a product reads with every request: whose API key was
// presented, a provider's settings, a published post. It is for those who ask for it, by
// opening their handle with one:
//
//	kept, err := cache.New(memory.New(memory.Options{}), cache.Options{TTL: 30 * time.Second})
//	db, err := chameleon.Open(ctx, url, chameleon.WithCache(kept))
//
// From then on apikeys.Authenticate (and its Middleware), providers.Get and Find,
// content.GetBySlug and content.ListPublished read from it, and the verbs that change
// keys, providers and posts make it forget them. Nothing else is kept: no balance, no
// grant, no order. A [Store] holds the values: package cache/memory has one in this
// process, package cache/rediscache one in Redis or Valkey, shared by many; both are
// modules of their own.
//
// # How old a value may be
//
// In the process that makes a change it is seen at once: a read that begins when
// apikeys.Revoke has returned finds the key revoked, also when the store fails and
// whatever reads were under way. With a store that processes share, so it is in the others,
// unless the store could not be reached. In any case a value is no older than
// [Options].TTL, counted from before it was read from the database. That is the bound for
// other processes with stores of their own, for rows that another program changes, and
// for a database that is restored under a running process. A post whose time of
// publication comes is found that much later at most.
//
// In a transaction that the caller opened, reads ask the database, and nothing is kept of
// them. When such a transaction commits nobody tells the cache: a change in it is
// forgotten when the verb returns, and this process keeps nothing of that key for TTL and
// [SuspendedFor] more. So a transaction that commits within SuspendedFor after the verb is
// seen at once in this process; others see it within TTL of the commit.
//
// # What is in the store
//
// No secret in clear. An API key is named by its SHA-256, as in the table; a provider's
// key is encrypted, and a provider whose key another program stored in plaintext is not
// kept. Each value carries an HMAC-SHA256 over its name and itself, so that one that is
// damaged, truncated, or another's is not believed. With [Options].Secret nobody can forge
// one; without, whoever can write to the store can let a key in, as whoever can write to
// the database can.
//
// # When the store fails
//
// A store that does not answer within [Options].Timeout, or that garbles what it holds,
// costs a read of the database, and never an error. After a failure it is left alone for
// a second.
package cache
