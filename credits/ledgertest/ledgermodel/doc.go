// Package ledgermodel is the ledger as plainly as it can be said: lists of
// entries and holds in memory, every number a sum over all of them, no locks,
// no stored state, no shortcuts. Tests run the same operations on it and on the
// real ledger and compare what comes out.
package ledgermodel
