package credits_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// readVerbs are all that read an account, at a time at which a grant and a hold
// of it have fallen due and nobody has swept.
func readVerbs(at time.Time) map[string]func(ctx context.Context, db bun.IDB, user string) error {
	return map[string]func(ctx context.Context, db bun.IDB, user string) error{
		"Balance": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: user, At: at})
			return err
		},
		"Balance of the past": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: user, At: at.Add(-24 * time.Hour)})
			return err
		},
		"Statement": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: user})
			return err
		},
		"Stats": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := credits.Stats(ctx, db, credits.StatsParams{UserUUID: user, From: at.AddDate(0, 0, -1), To: at})
			return err
		},
		"ExpiringSoon": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := credits.ExpiringSoon(ctx, db, credits.ExpiringSoonParams{UserUUID: user, At: at, Within: 99 * 24 * time.Hour})
			return err
		},
		"ExpiringSoon of all": func(ctx context.Context, db bun.IDB, _ string) error {
			_, err := credits.ExpiringSoon(ctx, db, credits.ExpiringSoonParams{At: at, Within: 99 * 24 * time.Hour})
			return err
		},
		"GetOperation": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := credits.GetOperation(ctx, db, credits.GetOperationParams{UserUUID: user, Key: "c"})
			return err
		},
		"GetHold": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := credits.GetHold(ctx, db, credits.GetHoldParams{UserUUID: user, HoldKey: "h"})
			return err
		},
		"ListHolds": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := credits.ListHolds(ctx, db, credits.ListHoldsParams{UserUUID: user})
			return err
		},
		"Verify": func(ctx context.Context, db bun.IDB, user string) error {
			_, err := audit.Verify(ctx, db, audit.VerifyParams{UserUUID: user})
			return err
		},
		"Verify of all": func(ctx context.Context, db bun.IDB, _ string) error {
			_, err := audit.Verify(ctx, db, audit.VerifyParams{})
			return err
		},
		"ExportHeads": func(ctx context.Context, db bun.IDB, _ string) error {
			_, err := audit.ExportHeads(ctx, db, audit.ExportHeadsParams{})
			return err
		},
	}
}

// TestReadsLockNothing: reads in a caller's transaction, which stays open, keep
// nobody from writing to the account, and work in a READ ONLY one.
func TestReadsLockNothing(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		db := env.Open(t, chameleon.WithLockTimeout(time.Second))
		user, at := uuid.NewString(), time.Now().AddDate(0, 0, 2)
		foundAccount(ctx, t, db, user) // g1 expires in a day, h times out in an hour
		charge := func() {
			_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 1})
			assert.NoError(t, err)
		}
		for name, verb := range readVerbs(at) {
			for _, level := range []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead} {
				for _, readOnly := range []bool{false, true} {
					if env.Engine == dialect.SQLite && !readOnly {
						continue // BEGIN IMMEDIATE is the writer's
					}
					if readOnly && !dialect.Of(db).ReadOnlyTransactions() {
						continue // TiDB refuses to begin one
					}
					tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: level, ReadOnly: readOnly})
					require.NoError(t, err)
					require.NoError(t, verb(ctx, tx, user), "%s at %s, read only: %v", name, level, readOnly)
					charge()
					require.NoError(t, tx.Rollback())
				}
			}
		}
	})
}

// TestBalanceOfASnapshot: a REPEATABLE READ transaction sees the account as it
// was at its first read, with what has fallen due since, whatever others do.
func TestBalanceOfASnapshot(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, db, user := t.Context(), env.DB, uuid.NewString()
		foundAccount(ctx, t, db, user) // 145: 90 and 5 held of g1, 50 of g2
		tx, err := db.BeginTx(ctx, &sql.TxOptions{
			Isolation: sql.LevelRepeatableRead, ReadOnly: dialect.Of(db).ReadOnlyTransactions(),
		})
		require.NoError(t, err)
		defer func() { assert.NoError(t, tx.Rollback()) }()
		balance := func(on bun.IDB, after time.Duration) [3]int64 {
			b, err := credits.Balance(ctx, on, credits.BalanceParams{UserUUID: user, At: time.Now().Add(after)})
			require.NoError(t, err)
			return [3]int64{b.Available, b.Held, b.Expired}
		}
		want := map[time.Duration][3]int64{time.Minute: {140, 5, 0}, 2 * time.Hour: {145, 0, 0}, 48 * time.Hour: {50, 0, 95}}
		look := func() {
			for after, sums := range want {
				assert.Equal(t, sums, balance(tx, after), "%v", after)
			}
		}
		look()
		_, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 100})
		require.NoError(t, err)
		_, err = credits.Refund(ctx, db, credits.RefundParams{UserUUID: user, ChargeKey: "c"})
		require.NoError(t, err)
		look()
		assert.Equal(t, [3]int64{45, 5, 0}, balance(db, time.Minute))
	})
}

// TestReadAheadOfHeldGrants: what a hold that has timed out gives back is there,
// and is what is spent next.
func TestReadAheadOfHeldGrants(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, db, now := t.Context(), env.DB, time.Now()
		day := now.Add(24 * time.Hour).UTC().Truncate(time.Microsecond)
		grant := func(user string, amount int64, expires time.Time) credits.Op {
			return credits.GrantParams{UserUUID: user, Amount: amount, Type: "gift", ExpiresAt: expires}
		}
		returned, held := uuid.NewString(), uuid.NewString()
		for _, op := range []credits.Op{
			grant(returned, 10, day),
			grant(returned, 10, day.Add(time.Hour)),
			credits.HoldParams{UserUUID: returned, Amount: 10, Timeout: time.Hour},
			grant(held, 10, day),
			credits.HoldParams{UserUUID: held, Amount: 5, Timeout: 12 * time.Hour},
			grant(held, 1, now.Add(time.Hour)), // by which the account's row does not suffice
			grant(held, 10, day.Add(time.Hour)),
		} {
			_, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{op}, AllOrNothing: true})
			require.NoError(t, err)
		}
		for user, want := range map[string][2]int64{returned: {20, 0}, held: {15, 5}} {
			b, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: user, At: now.Add(2 * time.Hour)})
			require.NoError(t, err)
			assert.Equal(t, want, [2]int64{b.Available, b.Held})
			assert.Equal(t, day, b.NextExpiry)
		}
	})
}
