// Package credits is a ledger of credits that teams embed in the database they
// already run: grants that expire, charges, refunds, holds and claw-backs,
// exact under concurrency, retries and crashes.
//
// # The model
//
// Three layers. The table credits_trans is history: entries that nothing
// updates or deletes. The tables credits (one account row a user),
// credits_lots (what is left of each grant) and credits_holds are state, which
// follows from history: package audit proves that it does, and restores it.
//
// Every entry belongs to one grant, its lot, and carries that grant's expiry.
// A charge that draws on three grants writes three entries under one
// operation. So for any moment T, past or future,
//
//	balance at T = Σ credits of the entries up to T whose grant has not expired at T
//
// by one SUM over history. A grant that expires writes no entry: it stops
// being counted, exactly at its expiry, whether or not [ExpireDue] has run.
//
// A charge draws on the grant that expires first (never is last), then free
// before paid, then the oldest.
//
// # Verbs
//
// All have one shape, func(ctx, db, params) (*Result, error):
//
//   - credits in: [Grant], [GrantNewUserCredits], [Ping], [Adjust];
//   - credits out: [Charge], and [Refund] back to the very grants;
//   - before the cost is known: [Hold], then [Capture] or [Release]; [Extend];
//   - a payment is taken back: [ClawBack]; a grant was a mistake: [Void];
//   - many at once: [Post]; concurrent charges in one commit: package charger;
//     micro-charges, counted in memory: package meter;
//   - reading: [Balance], [BalanceAt], [Statement], [ExpiringSoon], [Stats],
//     [GetOperation];
//   - a wrong clock: [CheckTime], [ListAhead], [ResetClock];
//   - upkeep: [ExpireDue], [Redact]; and in package audit Verify, Rebuild, Head.
//
// # Transactions
//
// db is a *bun.DB, a bun.Conn or a bun.Tx. With the first two a verb is a
// transaction of its own, retried as a whole, a bounded number of times, when
// the engine reports a deadlock, a serialization failure or a lock timeout.
// With a bun.Tx it takes part in the caller's transaction: it never commits
// and never retries. A verb that refuses (too few credits, a key that was used
// for something else …) has written nothing, and the caller's transaction can
// go on, on every engine.
//
// Verbs lock the account's row and nothing else, several accounts in sorted
// order. A caller that runs at REPEATABLE READ or SERIALIZABLE gets, on
// PostgreSQL, dialect.ErrTransient when another transaction changed the
// account first, and retries its whole transaction. On MySQL and MariaDB verbs
// read what is committed, not what the caller's snapshot shows; what MariaDB
// says of the caller's own statements is in docs/engines.md.
//
// # Metadata
//
// Metadata is stored as the JSON that encoding/json makes of it, with sorted
// keys. What that would change silently is refused, and the *InvalidError
// says where it is ("note.tags[1]: …"): strings that are not UTF-8, at any depth
// and in structs too; bytes; keys that are not strings; and in a json.RawMessage
// keys that are there twice and half surrogate pairs. A json.Number keeps all of
// its digits.
//
// # Idempotency
//
// Every verb that writes takes a Key, scoped to the account. The first call
// performs the operation; the same call again returns the original result with
// Replayed set, at any time later: after the grant expired, after a refund,
// with the account empty. Key and At do not count as the call's payload, all
// else does, and another payload under the same key is a [KeyReusedError]. A
// rolled back transaction leaves the key free. Without a Key each call is an
// operation of its own.
//
// The key new_user and keys that begin, in just these letters, with "order:",
// "generation:", "generation-request:", "commission:", "commission-id:",
// "commission-reduced:", "ping:" or "chameleon:" are the library's own: those of the sign-up bonus, orders,
// generations, commissions and the daily check-in. As a Key they are refused
// ([InvalidError]), also in [Post], so that nobody's key is in the way of a
// refund or a settlement to come. They may be named where an operation is
// referred to: ChargeKey, GrantKey, HoldKey. Put a prefix of your own, such as
// "client:", before keys that come from clients.
//
// # Outcomes
//
// A *dialect.Error from a verb that has a transaction of its own says that
// nothing is stored, unless it matches [dialect.ErrOutcomeUnknown]: then the
// answer did not arrive, and the work may be stored or may still be on its way.
// The same call again, with the same Key, tells. A refusal, such as
// [InsufficientError], is never returned while an attempt of the call may still
// be performed. Inside the caller's transaction a verb never returns
// ErrOutcomeUnknown: all is stored by the caller's COMMIT or not at all.
//
// # Time
//
// Times are UTC with microseconds, and enter as the At field; zero is now. An
// account's time never runs backwards: an operation that is stamped before the
// account's latest one (a late import, a server whose clock is behind) is
// performed and recorded at the latter's time. Sums as of a past moment
// therefore never change. A grant whose expiry is T is expired at T; a hold
// that times out at T has ended at T.
//
// A time that is too far ahead of the database's clock is refused
// ([ClockError]): see [DefaultMaxAhead]. [ResetClock] is the way back for an account
// that was moved ahead.
//
// # Errors
//
// The doc of each verb lists what it alone can be refused for. Besides, every verb
// may return *[InvalidError] and *dialect.Error, every verb that writes also
//
//   - *[ClockError] for an At that is too far ahead,
//   - *[LimitError] for a sum that the account, or an adopted column, does not hold,
//   - *[CollationError] for another spelling of the account's id,
//
// and every verb that reads or writes an account *[CorruptError] where its rows
// contradict one another: see audit.Verify.
//
// # Limits
//
// An account is any text of 1 to 255 bytes of UTF-8, compared byte for byte: a
// user's uuid, 42, usr_9Xk, a ULID, a team's id. It holds no control characters,
// and no white space at its ends. (On an adopted MySQL table whose user_uuid
// ignores case, a verb that meets another spelling of its account is refused with
// a [CollationError], and reads show the other: make the column utf8mb4_bin.)
// Amounts are whole credits, 1 to 2^53, so that a team can count in thousandths
// of what it calls a credit; an account's sums stay within 2^62 ([LimitError]).
// total_credits, a lifetime's sum, stops at 2^63 - 1 in place of refusing a grant.
// Where a column of an adopted database holds 32 bits, that is the limit, and the
// error has the statement that widens it ([dialect.NarrowColumnError]). Keys are at most 255
// bytes, transaction types 50 characters, metadata 16 KiB of JSON. A batch has
// at most [MaxBatch] operations.
//
// # Rows of other programs
//
// Entries that another program wrote have no Seq, until a verb that meets the
// account takes them over, in its own transaction. Where the ledger has no entry of
// an account, left_credits counts as that program showed it; later the rows count,
// and left_credits tells that some have come. Differences are entries of
// [TypeAdoption], whose metadata says why. Reads show the same without writing.
// docs/ledger.md has the rules. audit.Verify counts what was not taken over yet, and
// [Statement] shows it.
package credits
