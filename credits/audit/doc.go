// Package audit verifies the ledger against its history, and restores its state
// from that history.
//
// History is the append-only table credits_trans. Everything else that the ledger
// stores (the account's row, what is left of each grant, holds) is state that
// follows from it. [Verify] replays the history with code of its own, which shares
// nothing but the row types and the definition of the hash chain with the code
// that posts operations. It reports every breach: state that does not follow, and
// entries that were changed, removed, inserted or reordered. [Rebuild] rewrites an
// account's state from its history.
//
// Anyone who can write to the database can also forge a history whose hashes
// fit. [Head] and [ExportHeads] return the hash of the latest entry, which
// covers all earlier ones. Keep exported heads out of that person's reach and
// pass them to a later Verify.
//
// A service that only posts and reads does not need this package. It is for
// nightly jobs, operators and tests:
//
//	report, err := audit.Verify(ctx, db, audit.VerifyParams{Against: lastNightsHeads})
//	if err == nil && !report.OK() {
//		alert(report.Breaches)
//	}
package audit
