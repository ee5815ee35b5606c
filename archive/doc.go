// Package archive moves old history of the ledger into separate tables, in small
// batches while the application runs, and can move it back.
//
//	report, err := archive.Run(ctx, db, archive.Params{Before: time.Now().AddDate(-2, 0, 0)})
//
// Entries of credits_trans move to credits_trans_archive, and finished generations to
// generations_archive, which have the same columns. Nothing changes for users of the
// ledger: balances at any moment, statements, statistics, replays of old keys,
// refunds of old charges, Redact, audit.Verify and audit.Rebuild read both tables and
// return what they did before. Generations are read, replayed and erased in both
// tables too. The benefit is that the main tables and their indexes stay small:
// docs/archiving.md says by how much, what moves when, and why results stay exact.
package archive
