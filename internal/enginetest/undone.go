package enginetest

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Undone runs fn in a transaction of a SQLite database and undoes it, for
// fuzzers, which start from the same state each time. It returns what fn did
// and whether it changed any row, and fails the test where fn left the
// transaction unusable.
func Undone(t testing.TB, env *Env, fn func(ctx context.Context, tx bun.Tx) error) (wrote bool, err error) {
	t.Helper()
	if env.Engine != dialect.SQLite {
		t.Fatalf("changes are counted on SQLite alone, not on %s", env.Engine)
	}
	ctx := context.WithoutCancel(t.Context())
	tx, beginErr := env.DB.BeginTx(ctx, nil)
	if beginErr != nil {
		t.Fatalf("begin: %v", beginErr)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Errorf("roll back: %v", err)
		}
	}()
	changes := func() (n int64) {
		if err := tx.QueryRowContext(ctx, "SELECT total_changes()").Scan(&n); err != nil {
			t.Fatalf("the transaction is not usable any more: %v", err)
		}
		return n
	}
	before := changes()
	err = fn(ctx, tx)
	return changes() != before, err
}
