package chameleontest

import (
	"context"
	"testing"

	"github.com/uptrace/bun"
)

// Tx begins a transaction that is rolled back when the test ends, so that tests can share a
// database. If the test commits it or rolls it back itself, that stands.
func Tx(t testing.TB, db *bun.DB) bun.Tx {
	t.Helper()
	// The test's own context ends before its clean-up, and would roll back without
	// waiting for it.
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatalf("chameleontest: begin: %v", err)
	}
	t.Cleanup(func() { _ = tx.Rollback() }) // fails where the test ended it
	return tx
}
