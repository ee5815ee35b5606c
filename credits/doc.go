// Package credits is a ledger of credits that teams embed in the database they
// already run: grants that expire, charges, refunds, holds and claw-backs,
// exact under concurrency, retries and crashes.
//
// # The model
//
// The table credits_trans is history: entries that are never updated or
// deleted. The tables credits (one row per account), credits_lots (what is left
// of each grant) and credits_holds are state. State follows from history;
// package audit proves that it does and can restore it.
//
// Every entry belongs to one grant, called its lot, and carries that grant's
// expiry. A charge that draws on three grants writes three entries under one
// operation. So for any moment T, past or future,
//
//	balance at T = Σ credits of the entries up to T whose grant has not expired at T
//
// which is one SUM over history. An expiring grant writes no entry. It stops
// counting exactly at its expiry, whether or not [ExpireDue] has run.
//
// A charge draws first on the grant that expires soonest; grants that never
// expire come last. Among grants with the same expiry, free ones come before
// paid ones, then older ones before newer ones.
//
// # Verbs
//
// All have one shape, func(ctx, db, params) (*Result, error):
//
//   - credits in: [Grant], [GrantNewUserCredits], [Ping], [Adjust];
//   - credits out: [Charge], and [Refund] back to the grants that were charged;
//   - before the cost is known: [Hold], then [Capture] or [Release]; [Extend];
//   - to undo a grant: [ClawBack] when its payment was reversed, [Void] when it
//     was a mistake;
//   - many at once: [Post]; concurrent charges in one commit: package charger;
//     micro-charges, counted in memory: package meter;
//   - reading: [Balance], [BalanceAt], [Statement], [ExpiringSoon], [Stats],
//     [GetOperation];
//   - a wrong clock: [CheckTime], [ListAhead], [ResetClock];
//   - upkeep: [ExpireDue], [Redact]; and in package audit Verify, Rebuild, Head.
//
// # Transactions
//
// db is a *bun.DB, a bun.Conn or a bun.Tx. With the first two, a verb runs in
// its own transaction, which is retried as a whole a bounded number of times on
// deadlocks, serialization failures and lock timeouts. With a bun.Tx it joins
// the caller's transaction and neither commits nor retries. A verb that refuses
// (too few credits, a key already used for something else) has written nothing,
// and the caller's transaction remains usable on every engine.
//
// Verbs lock only account rows, and several of them in sorted order. On
// PostgreSQL, a caller at REPEATABLE READ or SERIALIZABLE gets
// dialect.ErrTransient if another transaction changed the account first, and
// has to retry its whole transaction. On MySQL and MariaDB, verbs read
// committed data rather than the caller's snapshot; docs/engines.md describes
// what MariaDB makes of the caller's own statements.
//
// # Metadata
//
// Metadata is stored as the JSON that encoding/json produces, with sorted keys.
// Values that encoding would silently alter are refused with an *InvalidError
// that gives their path ("note.tags[1]: …"): strings that are not valid UTF-8,
// at any depth and inside structs; byte slices; keys that are not strings; and,
// in a json.RawMessage, duplicate keys and unpaired surrogates. A json.Number
// keeps all of its digits.
//
// # Idempotency
//
// Every verb that writes takes a Key, scoped to the account. The first call
// performs the operation. Repeating the call returns the original result with
// Replayed set, no matter how much later: after the grant expired, after a
// refund, with the account empty. All fields except Key and At are the call's
// payload; a different payload under the same key is a [KeyReusedError]. A
// transaction that is rolled back leaves the key unused. Without a Key, every
// call is a new operation.
//
// The key new_user and keys that begin, case-sensitively, with "order:",
// "generation:", "generation-request:", "commission:", "commission-id:",
// "commission-reduced:", "ping:" or "chameleon:" are reserved for the library: the
// sign-up bonus, orders, generations, commissions and the daily check-in use them.
// As a Key they are refused with an [InvalidError], in [Post] as well, so that no
// caller can occupy the key of a later refund or settlement. They are accepted where
// they refer to an existing operation: ChargeKey, GrantKey, HoldKey. Prefix keys
// that come from clients with something of your own, such as "client:".
//
// # Outcomes
//
// A *dialect.Error from a verb that runs its own transaction means that nothing
// was stored, unless it matches [dialect.ErrOutcomeUnknown]. In that case the
// server's answer was lost, and the work may be stored or may still be in
// flight; repeat the call with the same Key to find out. A refusal, such as
// [InsufficientError], is never returned while an earlier attempt of the call
// may still take effect. Inside a caller's transaction a verb never returns
// ErrOutcomeUnknown: the caller's COMMIT decides.
//
// # Time
//
// Times are UTC with microsecond precision and are passed in the At field; zero
// means now. An account's time never runs backwards: an operation stamped
// before the account's latest one (a late import, a server whose clock is
// behind) is recorded at the time of that latest one. Sums as of a past moment
// therefore never change. A grant that expires at T is expired at T; a hold
// that times out at T has ended at T.
//
// A time too far ahead of the database's clock is refused with a [ClockError]; see
// [DefaultMaxAhead]. [ResetClock] repairs an account that was moved ahead.
//
// # Errors
//
// The documentation of each verb lists the errors specific to it. In addition,
// every verb may return *InvalidError and *dialect.Error, and every verb that
// writes may return
//
//   - *ClockError for an At too far ahead,
//   - *LimitError for a sum that the account, or an adopted column, cannot hold,
//   - *[CollationError] for another spelling of the account's id,
//
// Every verb that reads or writes an account may return *CorruptError if the
// account's rows contradict one another; see audit.Verify.
//
// # Limits
//
// An account ID is 1 to 255 bytes of UTF-8, compared byte for byte: a user's uuid,
// 42, usr_9Xk, a ULID, a team's ID. It has no control characters and no leading or
// trailing white space. (On an adopted MySQL table whose user_uuid ignores case, a
// verb that finds the account under another spelling is refused with a
// [CollationError], and reads show the account that is there; make the column
// utf8mb4_bin.)
//
// Amounts are whole credits, 1 to 2^53, so that a product can count in thousandths of
// what it calls a credit. An account's sums stay within 2^62 ([LimitError]), except
// total_credits, the lifetime sum, which saturates at 2^63 - 1 instead of refusing a
// grant. Where a column of an adopted database is 32 bits wide, that is the limit,
// and the error has the statement that widens the column
// ([dialect.NarrowColumnError]).
//
// Keys are at most 255 bytes, transaction types 50 characters, metadata 16 KiB of
// JSON. A batch has at most [MaxBatch] operations.
//
// # Rows of other programs
//
// Entries that another program wrote have no Seq until a verb that touches the
// account takes them over, in its own transaction. If the ledger has no entry of the
// account yet, left_credits counts as that program maintained it. After that the
// rows count, and a changed left_credits only signals that there are new ones.
// Differences become entries of [TypeAdoption], whose metadata gives the reason.
// Reads show the same balances without writing. docs/ledger.md has the rules.
// audit.Verify counts rows that have not been taken over yet, and [Statement] shows
// them.
package credits
