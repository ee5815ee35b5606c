// Package apikeys holds the keys with which users call a product's API.
//
// [Create] makes a key and returns it once, as a [Secret]; stored is only its
// SHA-256. [Authenticate] says whose key a request came with, by one indexed
// read. [Revoke] ends a key, [Rename], [List] and [Get] are for its owner's
// settings page, and [Inspect] tells an administrator why a key is refused.
//
// # The form of a key
//
//	chm_live_0Kz5cQm2Vb8tYw1XeR7uJhN4sLgPaD3f1lXyrj
//	└ prefix ┘└ 32 random characters ───────┘└ 6 ┘
//
// The prefix is the team's own, [DefaultPrefix] by default. 32 characters of
// 0-9A-Za-z hold 190 random bits, and the last six are the CRC-32 of all before
// them in the same alphabet. A typo is therefore refused without asking the
// database, and secret scanners can be given [Pattern] and [WellFormed] to find
// keys that leaked: chm_live_[0-9A-Za-z]{38}.
//
// # Adopted databases
//
// The column key holds the stored form of a key: "sha256:" and the key's
// SHA-256 in hexadecimal. Rows of an adopted database hold the key itself, of
// whatever form, until it is first used, in the same column, under the same
// uniqueness rule: one indexed read finds either. What a caller presents is
// therefore never compared when it starts with "sha256:", or a stored hash
// would let in whoever has it. Such keys compare byte for byte even
// where that column ignores case or blanks at the end.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors. With a bun.Tx it joins the caller's
// transaction, which stays usable after every documented error.
package apikeys
