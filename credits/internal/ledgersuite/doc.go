// Package ledgersuite is what credits/ledgertest runs, with what the ledger's other tests
// share of it: tellers, which work accounts, and checks of what is stored.
package ledgersuite
