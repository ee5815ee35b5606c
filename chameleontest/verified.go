package chameleontest

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
)

// RequireVerified verifies the ledger when the test ends, with [audit.Verify] over all
// accounts, and fails the test if there is a breach. Call it right after creating the
// database, so that it runs before the handle is closed: cleanup functions run in reverse
// order.
func RequireVerified(t testing.TB, db bun.IDB) {
	t.Helper()
	t.Cleanup(func() {
		t.Helper()
		report, err := audit.Verify(context.WithoutCancel(t.Context()), db, audit.VerifyParams{})
		if err != nil {
			t.Errorf("chameleontest: the ledger could not be verified: %v", err)
			return
		}
		for _, breach := range report.Breaches {
			t.Errorf("the ledger does not verify: account %q: %s: %s (entries %v)",
				breach.UserUUID, breach.Kind, breach.Detail, breach.Seqs)
		}
		if more := report.BreachCount - int64(len(report.Breaches)); more > 0 {
			t.Errorf("the ledger does not verify: %d breaches more", more)
		}
	})
}
