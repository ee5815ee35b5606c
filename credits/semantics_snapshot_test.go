package credits_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A caller's REPEATABLE READ transaction that has written to an account itself
// sees its own rows of it, but not what others wrote just before. It must not
// take that mixture for the truth.
func TestSnapshotAfterOwnWrite(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			return // writers queue: nobody writes in between
		}
		ctx, db, user, now := t.Context(), env.DB, uuid.NewString(), time.Now()
		grant := func(key string, amount int64, after time.Duration) {
			_, err := credits.Grant(ctx, db, credits.GrantParams{
				UserUUID: user, Amount: amount, Type: credits.TypeSystemAdd, Key: key, ExpiresAt: now.Add(after),
			})
			require.NoError(t, err)
		}
		grant("a", 10, 2*time.Hour)
		grant("b", 10, 3*time.Hour)
		grant("c", 10, 4*time.Hour)

		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		var n int
		require.NoError(t, tx.NewRaw("SELECT COUNT(*) FROM credits").Scan(ctx, &n)) // the snapshot
		other, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 15, Key: "other"})
		require.NoError(t, err)
		grant("soon", 1, time.Hour)

		_, err = credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: 1, Key: "one"})
		if err == nil {
			_, err = credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: 14, Key: "two"})
		}
		if env.Engine == dialect.PostgreSQL {
			require.ErrorIs(t, err, dialect.ErrTransient)
			return
		}
		require.NoError(t, err)
		b, err := credits.Balance(ctx, tx, credits.BalanceParams{UserUUID: user, At: now.Add(30 * time.Minute)})
		require.NoError(t, err)
		assert.EqualValues(t, 1, b.Available)
		again, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: 15, Key: "other"})
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		assert.Equal(t, other.Entries, again.Entries)
		require.NoError(t, tx.Commit())
		report, err := audit.Verify(ctx, db, audit.VerifyParams{UserUUID: user})
		require.NoError(t, err)
		assert.Empty(t, report.Breaches)
	})
}
