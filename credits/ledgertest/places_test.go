package ledgertest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/bridge/pgxtx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/ledgersuite"
	"github.com/chameleon-go/chameleon/credits/ledgertest"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	push "github.com/chameleon-go/chameleon/schema"
)

// TestInASchemaOfItsOwn plays in a schema of PostgreSQL beside a team's own tables, which
// have the same names and none of the columns.
func TestInASchemaOfItsOwn(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	_, err := env.DB.ExecContext(t.Context(), `CREATE SCHEMA billing;
CREATE TABLE public.credits (theirs text); CREATE TABLE public.credits_trans (theirs text);
CREATE TABLE public.credits_lots (theirs text); CREATE TABLE public.credits_holds (theirs text)`)
	require.NoError(t, err)
	inside := *env
	inside.URL += "&schema=billing,public"
	db := inside.Open(t)
	_, err = push.Push(t.Context(), db, credits.Models()...)
	require.NoError(t, err)
	t.Run("callers", func(t *testing.T) {
		ledgersuite.RunCallers(t, ledgersuite.Suite{New: func(*testing.T) *bun.DB { return db }})
	})
	t.Run("random", func(t *testing.T) { ledgertest.RunRandom(t, db) })
	var theirs int
	require.NoError(t, env.DB.NewRaw("SELECT count(*) FROM information_schema.columns "+
		"WHERE table_schema = 'public' AND table_name LIKE 'credits%'").Scan(t.Context(), &theirs))
	require.Equal(t, 4, theirs)
}

// TestThroughPgx plays in transactions of pgx.
func TestThroughPgx(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	db := enginetest.New(t, dialect.PostgreSQL).DB
	bridge := pgxtx.New()
	inTx := func(ctx context.Context, db *bun.DB, fn func(context.Context, bun.Tx) error) error {
		conn, err := db.DB.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // back to the pool
		return conn.Raw(func(c any) error {
			ours, ok := c.(interface{ Conn() *pgx.Conn })
			if !ok {
				return fmt.Errorf("not a connection of pgx: %T", c)
			}
			return pgx.BeginFunc(ctx, ours.Conn(), func(tx pgx.Tx) error { return bridge.In(ctx, tx, fn) })
		})
	}
	t.Run("callers", func(t *testing.T) {
		ledgersuite.RunCallers(t, ledgersuite.Suite{New: func(*testing.T) *bun.DB { return db }, InTx: inTx})
	})
	t.Run("random", func(t *testing.T) { ledgertest.RunRandom(t, db, ledgertest.WithTx(inTx)) })
}
