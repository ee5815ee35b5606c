// Package audit proves the ledger's books, and restores them.
//
// History is one table, credits_trans, to which entries are only added. All else
// that the ledger stores (the account's row, what is left of each grant, holds) is
// state that follows from it. [Verify] replays the history with code of its own,
// which shares with the code that posts operations the tables' rows and the
// definition of the hash chain and nothing more, and reports each breach: state
// that does not follow, an entry that was changed, removed, inserted or reordered.
// [Rebuild] writes an account's state anew from its history.
//
// Who can write to the database can also write a history with hashes that fit.
// [Head] and [ExportHeads] return the hash of the latest entry, which covers all
// before it: keep them where that person cannot reach them, and give them to a
// later Verify.
//
// A service that only posts and reads has no need of this package. It is for a
// nightly job, an operator and tests:
//
//	report, err := audit.Verify(ctx, db, audit.VerifyParams{Against: lastNightsHeads})
//	if err == nil && !report.OK() {
//		alert(report.Breaches)
//	}
package audit
