// Package cache keeps what a product reads on every request: the owner of an API key,
// the settings of a provider, a published post. It is opt-in, per handle:
//
//	kept, err := cache.New(memory.New(memory.Options{}), cache.Options{TTL: 30 * time.Second})
//	db, err := chameleon.Open(ctx, url, chameleon.WithCache(kept))
//
// apikeys.Authenticate (and its Middleware), providers.Get and Find, content.GetBySlug
// and content.ListPublished then read from the cache, and the verbs that change keys,
// providers and posts invalidate it. Nothing else is cached: no balance, no grant, no
// order.
//
// A [Store] holds the values. Package cache/memory has one in the process, package
// cache/rediscache one in Redis or Valkey that processes share. Each is a separate
// module.
//
// # How old a value may be
//
// Within the process that makes a change, the change is visible at once: a read that
// begins after apikeys.Revoke has returned finds the key revoked, even if the store
// fails, and whatever reads were in progress. With a shared store this holds for the
// other processes too, unless the store could not be reached. In no case is a value
// older than [Options].TTL, counted from before it was read from the database. That is
// the bound for other processes with stores of their own, for rows that another program
// changes, for a database that is restored under a running process, and for a scheduled
// post that becomes public.
//
// In a caller's transaction, reads go to the database and nothing is cached. The cache
// cannot see such a transaction commit. It is therefore invalidated when the verb
// returns, and for TTL plus [SuspendedFor] afterwards this process does not cache the
// key. If the transaction commits within SuspendedFor after the verb, this process sees
// the change at once. Other processes see it within TTL of the commit.
//
// # What is in the store
//
// No secret in plain text. An API key appears as its SHA-256, as in the table. A
// provider's key is encrypted, and a provider whose key another program stored in
// plaintext is not cached. Each value carries an HMAC-SHA256 of its name and content, so
// values that are damaged, truncated or stored under another name are discarded. With
// [Options].Secret, values cannot be forged. Without it, anyone who can write to the
// store can make an API key valid, just as anyone who can write to the database can.
//
// # When the store fails
//
// A store that does not answer within [Options].Timeout, or that returns damaged values,
// costs a read from the database and never an error. After a failure the store is not
// used for one second.
package cache
