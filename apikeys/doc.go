// Package apikeys manages the keys with which users call a product's API.
//
// [Create] makes a key and returns it once, as a [Secret]; only its SHA-256 is
// stored. [Authenticate] finds the owner of a presented key by one indexed
// read. [Revoke] ends a key; [Rename], [List] and [Get] are for its owner's
// settings page; and [Inspect] tells an administrator why a key is refused.
//
// # The form of a key
//
//	chm_live_0Kz5cQm2Vb8tYw1XeR7uJhN4sLgPaD3f1lXyrj
//	└ prefix ┘└ 32 random characters ───────┘└ 6 ┘
//
// The prefix is configurable and defaults to [DefaultPrefix]. The 32 characters
// of 0-9A-Za-z hold 190 random bits, and the last six encode the CRC-32 of
// everything before them in the same alphabet. A typo is therefore refused
// without asking the database, and secret scanners can use [Pattern] and
// [WellFormed] to find leaked keys: chm_live_[0-9A-Za-z]{38}.
//
// # Adopted databases
//
// The column key holds the stored form of a key: "sha256:" and the key's
// SHA-256 in hexadecimal. Rows of an adopted database hold the key itself, in
// whatever form, until it is first used. It is in the same column under the
// same unique index, so one indexed read finds either. A presented key that
// starts with "sha256:" is therefore always refused; otherwise a stored hash
// would itself be a valid key. Keys compare byte for byte even if the column
// ignores case or trailing blanks.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors. With a bun.Tx it joins the caller's
// transaction, which stays usable after every documented error.
package apikeys
