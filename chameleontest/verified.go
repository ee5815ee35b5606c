package chameleontest

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
)

// RequireVerified proves the ledger when the test ends, by [audit.Verify] over all
// accounts, and fails the test with each breach. Call it right after the database was
// made: it runs before whatever was registered to be cleaned up earlier, closing the
// handle among that.
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
