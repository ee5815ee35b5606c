package credits_test

import (
	"context"
	"database/sql"
	"net/url"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// posted performs operations that must all succeed, at the start.
func posted(t *testing.T, db bun.IDB, ops ...credits.Op) {
	t.Helper()
	_, err := credits.Post(t.Context(), db, credits.PostParams{Ops: ops, AllOrNothing: true})
	require.NoError(t, err)
}

func unbroken(t *testing.T, db bun.IDB, user string) {
	t.Helper()
	report, err := audit.Verify(t.Context(), db, audit.VerifyParams{UserUUID: user})
	require.NoError(t, err)
	require.Empty(t, report.Breaches)
}

// The columns' 0 says that there is no time, so that sums of history left out
// an entry of that moment.
func TestStartOf1970IsNoTime(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := uuid.NewString()
		grant := credits.GrantParams{UserUUID: user, Amount: 100, Type: credits.TypeSystemAdd}
		grant.At = time.Unix(0, 999)
		_, err := credits.Grant(t.Context(), env.DB, grant)
		require.ErrorIs(t, err, credits.ErrInvalid)

		grant.At = time.Unix(0, 1000)
		posted(t, env.DB, grant, credits.ChargeParams{UserUUID: user, Amount: 10, At: hour(0)})
		b, err := credits.BalanceAt(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: hour(-1)})
		require.NoError(t, err)
		require.EqualValues(t, 100, b.Available)
	})
}

// A grant that was taken back as a debt, which another grant paid, is whole
// after a refund. Voiding it took the same credits twice.
func TestVoidAfterDebtWasPaid(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user, at := uuid.NewString(), hour(0)
		posted(t, env.DB,
			credits.GrantParams{UserUUID: user, Amount: 100, Type: credits.TypeOrderPay, Key: "order", At: at},
			credits.ChargeParams{UserUUID: user, Amount: 100, Key: "charge", At: at},
			credits.ClawBackParams{UserUUID: user, GrantKey: "order", Total: 100, At: at},
			credits.GrantParams{UserUUID: user, Amount: 100, Type: credits.TypeSystemAdd, At: at},
			credits.RefundParams{UserUUID: user, ChargeKey: "charge", At: at},
		)
		_, err := credits.Void(t.Context(), env.DB, credits.VoidParams{UserUUID: user, GrantKey: "order", At: at})
		require.ErrorIs(t, err, credits.ErrSpent)
		b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user})
		require.NoError(t, err)
		require.EqualValues(t, 100, b.Available)
	})
}

// A caller's type that an engine takes for the ledger's, because the column
// ignores case, made its charge the payer of a debt.
func TestTypeThatDiffersByCase(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user, at := uuid.NewString(), hour(0)
		grant := func(key string) credits.Op {
			return credits.GrantParams{UserUUID: user, Amount: 100, Type: credits.TypeOrderPay, Key: key, At: at}
		}
		posted(t, env.DB,
			grant("order"),
			credits.ChargeParams{UserUUID: user, Amount: 100, At: at},
			credits.ClawBackParams{UserUUID: user, GrantKey: "order", Total: 100, At: at},
			grant("payer"), grant("other"),
			credits.ChargeParams{UserUUID: user, Amount: 100, Type: "Debt_Payment", Key: "charge", At: at},
		)
		posted(t, env.DB,
			credits.ClawBackParams{UserUUID: user, GrantKey: "order", Reinstate: true, At: at},
			credits.RefundParams{UserUUID: user, ChargeKey: "charge", At: at},
		)
		unbroken(t, env.DB, user)
	})
}

// A pointer to the caller's transaction is the caller's transaction: its
// snapshot may be older than the locks.
func TestSnapshotBehindPointer(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			return // writers queue: nobody writes in between
		}
		ctx, db, user, at := t.Context(), env.DB, uuid.NewString(), hour(0)
		posted(
			t, db,
			credits.GrantParams{UserUUID: user, Amount: 10, Type: credits.TypeSystemAdd, ExpiresAt: hour(2), At: at},
			credits.GrantParams{UserUUID: user, Amount: 100, Type: credits.TypeSystemAdd, At: at},
		)
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		var n int
		require.NoError(t, tx.NewRaw("SELECT COUNT(*) FROM credits").Scan(ctx, &n)) // the snapshot
		posted(
			t, db,
			credits.ChargeParams{UserUUID: user, Amount: 60, Key: "other", At: at},
			credits.GrantParams{UserUUID: user, Amount: 5, Type: credits.TypeSystemAdd, ExpiresAt: hour(1), At: at},
		)
		_, err = tx.NewRaw("UPDATE credits SET updated_at = ? WHERE user_uuid = ?", hour(0.5), user).Exec(ctx)
		if err != nil {
			// PostgreSQL, and MariaDB where innodb_snapshot_isolation is on.
			require.ErrorIs(t, dialect.Classify(err), dialect.ErrTransient)
			return
		}
		_, err = credits.Charge(ctx, &tx, credits.ChargeParams{UserUUID: user, Amount: 30, At: at})
		require.NoError(t, err)
		again, err := credits.Charge(ctx, &tx, credits.ChargeParams{UserUUID: user, Amount: 60, Key: "other", At: at})
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.NoError(t, tx.Commit())
		unbroken(t, db, user)
	})
}

func TestMetadataThatHoldsItself(t *testing.T) {
	t.Parallel()
	metadata := map[string]any{}
	metadata["self"] = []any{metadata}
	_, err := credits.Grant(t.Context(), nil, credits.GrantParams{
		UserUUID: uuid.NewString(), Amount: 1, Type: credits.TypeSystemAdd, Metadata: metadata,
	})
	require.ErrorIs(t, err, credits.ErrInvalid)
}

// The locking reads of one new user's first grant must not lock the place where
// the next user's goes.
func TestFirstGrantsSideBySide(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			return // one writer at a time
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for _, user := range []string{"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"} {
			tx, err := env.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }() // both are open to the end
			_, err = credits.Grant(ctx, tx, credits.GrantParams{UserUUID: user, Amount: 1, Type: credits.TypeSystemAdd})
			require.NoError(t, err)
		}
	})
}

// A driver that was told another time zone reads created_at in that zone. That
// is no breach.
func TestVerifyOnHandleOfAnotherZone(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).IsMySQL() {
			return // times of the other engines say their zone
		}
		user := uuid.NewString()
		u, err := url.Parse(env.URL)
		require.NoError(t, err)
		config := mysql.NewConfig()
		config.User, config.Net, config.Addr, config.DBName = u.User.Username(), "tcp", u.Host, u.Path[1:]
		config.Passwd, _ = u.User.Password()
		config.ParseTime, config.Loc = true, time.FixedZone("JST", 9*3600)
		connector, err := mysql.NewConnector(config)
		require.NoError(t, err)
		db := bun.NewDB(sql.OpenDB(connector), mysqldialect.New())
		defer func() { require.NoError(t, db.Close()) }()

		grant := credits.GrantParams{UserUUID: user, Amount: 1, Type: credits.TypeSystemAdd}
		posted(t, db, grant)
		posted(t, env.DB, grant)
		unbroken(t, db, user)
		unbroken(t, env.DB, user)
	})
}

// Claw-backs with a hold in between come to what one of their total comes to.
func TestClawBackByPartsWithHold(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, totals := range [][]int64{{100}, {50, 100}, {20, 70, 90, 100}} {
			user, now := uuid.NewString(), time.Now()
			ops := []credits.Op{
				credits.GrantParams{UserUUID: user, Amount: 100, Type: "gift", Key: "a", ExpiresAt: now.Add(time.Hour), At: now},
				credits.ChargeParams{UserUUID: user, Amount: 50, At: now},
				credits.HoldParams{UserUUID: user, Amount: 50, Key: "h", At: now},
			}
			for _, total := range totals {
				ops = append(ops, credits.ClawBackParams{
					UserUUID: user, GrantKey: "a", Total: total, Policy: credits.PolicyForgive, At: now,
				})
			}
			_, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
			require.NoError(t, err)
			b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: now})
			require.NoError(t, err)
			assert.EqualValues(t, 50, b.Debt, "%v: what is held", totals)
			_, err = credits.Release(t.Context(), env.DB, credits.ReleaseParams{UserUUID: user, HoldKey: "h", At: now})
			require.NoError(t, err)
			b, err = credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: now})
			require.NoError(t, err)
			assert.Zero(t, b.Available+b.Debt, "%v: the release pays", totals)
			report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: user})
			require.NoError(t, err)
			assert.Empty(t, report.Breaches)
		}
	})
}
