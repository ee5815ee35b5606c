package chameleon_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/powerloss"
)

// chargesKept grants 100, charges 1 ten times, each on a disk that loses
// power right after the acknowledgement, and returns which of the charges are
// on it.
func chargesKept(t *testing.T, parameters string, opts ...chameleon.Option) []int64 {
	t.Helper()
	disk, user := powerloss.New(t), uuid.NewString()
	url := "sqlite://" + disk.Dir() + "/app.db" + parameters
	db, err := chameleon.Open(t.Context(), url, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err = chameleon.Push(t.Context(), db)
	require.NoError(t, err)
	_, err = credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: user, Amount: 100, Type: "gift", Key: "g"})
	require.NoError(t, err)
	var kept []int64
	for i := range 10 {
		_, err = credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: user, Amount: 1, Key: fmt.Sprint(i)})
		require.NoError(t, err)
		kept = append(kept, 100-balanceOn(t, disk.Fail(t), parameters, user))
	}
	return kept
}

// balanceOn opens what a power failure left.
func balanceOn(t *testing.T, dir, parameters, user string) int64 {
	t.Helper()
	db, err := chameleon.Open(t.Context(), "sqlite://"+dir+"/app.db"+parameters)
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	_, err = chameleon.Push(t.Context(), db)
	require.NoError(t, err)
	b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: user})
	require.NoError(t, err)
	report, err := audit.Verify(t.Context(), db, audit.VerifyParams{})
	require.NoError(t, err)
	assert.True(t, report.OK(), "what is left is consistent: %v", report.Breaches)
	return b.Available
}

// TestPowerFailureOnSQLite: what was acknowledged is on disk.
func TestPowerFailureOnSQLite(t *testing.T) {
	t.Parallel()
	all := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for name, parameters := range map[string]string{
		"by default":          "",
		"checkpoints":         "?_pragma=wal_autocheckpoint(1)",
		"deleted journal":     "?_pragma=journal_mode(DELETE)",
		"truncated journal":   "?_pragma=journal_mode(TRUNCATE)",
		"overwritten journal": "?_pragma=journal_mode(PERSIST)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, all, chargesKept(t, parameters))
		})
	}
	// The test would notice.
	t.Run("unsynced commits lose what was acknowledged", func(t *testing.T) {
		t.Parallel()
		assert.NotEqual(t, all, chargesKept(t, "", chameleon.WithUnsyncedCommits()))
	})
	t.Run("so does a journal whose removal is not synchronized", func(t *testing.T) {
		t.Parallel()
		assert.NotEqual(t, all, chargesKept(t, "?_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)"))
	})
}
