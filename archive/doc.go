// Package archive moves old history of the ledger into a table of its own, in small
// batches while the application runs, and brings it back.
//
//	report, err := archive.Run(ctx, db, archive.Params{Before: time.Now().AddDate(-2, 0, 0)})
//
// Entries of credits_trans go to credits_trans_archive, and generations that have ended
// to generations_archive, which have the same columns. Nothing else changes for whoever
// uses the ledger: balances, also of moments before
// the cut, statements, statistics, replays of old keys, refunds of old charges, Redact,
// audit.Verify and audit.Rebuild read both tables, and say what they said before.
// Generations are read, replayed and erased in both, too.
// What is gained is that the tables and their indexes stay small: docs/archiving.md
// says by how much, what moves when, and why it stays exact.
package archive
