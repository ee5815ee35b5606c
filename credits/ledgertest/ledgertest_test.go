package ledgertest_test

import (
	"context"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/bridge/sqltx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/ledgersuite"
	"github.com/chameleon-go/chameleon/credits/ledgertest"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	push "github.com/chameleon-go/chameleon/schema"
)

// TestOnATeamsHandle plays as a team does that has a *sql.DB, its own bun handle on it, no
// tables but the ledger's, and transactions of database/sql. All of Run is TestSemantics of
// package credits.
func TestOnATeamsHandle(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		bridge := sqltx.New(stock(env.Engine))
		inTx := func(ctx context.Context, db *bun.DB, fn func(context.Context, bun.Tx) error) error {
			tx, err := db.DB.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			if err := bridge.In(ctx, tx, fn); err != nil {
				return err
			}
			return tx.Commit()
		}
		db := teams(t, env)
		t.Run("callers", func(t *testing.T) {
			ledgersuite.RunCallers(t, ledgersuite.Suite{New: func(*testing.T) *bun.DB { return db }, InTx: inTx})
		})
		t.Run("random", func(t *testing.T) { ledgertest.RunRandom(t, db, ledgertest.WithTx(inTx)) })
	})
}

// teams is a team's own handle.
func teams(t *testing.T, env *enginetest.Env) *bun.DB {
	t.Helper()
	if _, err := push.Push(t.Context(), env.DB, credits.Models()...); err != nil {
		t.Fatal(err)
	}
	return bun.NewDB(env.DB.DB, stock(env.Engine))
}

// stock is bun's own dialect of an engine.
func stock(engine dialect.Engine) schema.Dialect {
	switch engine {
	case dialect.PostgreSQL:
		return pgdialect.New()
	case dialect.SQLite:
		return sqlitedialect.New()
	}
	return mysqldialect.New()
}
