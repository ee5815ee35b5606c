package enginetest

import (
	"testing"

	"github.com/chameleon-go/chameleon/credits/audit"
)

// Verified fails the test unless the books of all accounts are right.
func (e *Env) Verified(t testing.TB) {
	t.Helper()
	report, err := audit.Verify(t.Context(), e.DB, audit.VerifyParams{})
	if err != nil {
		t.Fatalf("verify the books: %v", err)
	}
	for _, breach := range report.Breaches {
		t.Errorf("breach: %+v", breach)
	}
}
