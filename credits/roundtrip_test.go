package credits_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// TestChargeRoundTrips counts how often a charge that fits in the grant at hand
// waits for the server, on the wire between them: requests that were answered,
// whatever statements and packets they consisted of.
func TestChargeRoundTrips(t *testing.T) {
	t.Parallel()
	for engine, most := range map[dialect.Engine]int{dialect.PostgreSQL: 1, dialect.MySQL: 2, dialect.MariaDB: 2} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			proxy, through := wire.Before(t, env.URL)
			db, err := chameleon.Open(t.Context(), through, chameleon.WithPoolSize(1))
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })

			tell := newTeller(t, env)
			tell.Handle = db
			tell.Grant("at hand", 100_000, 1)
			tell.Charge("warm", 1, start) // the connection learns its statement
			count := func(key string, history string) {
				t.Helper()
				proxy.Requests()
				got := tell.Charge(key, 3, start)
				n := proxy.Requests()
				require.Len(t, got.Entries, 1)
				assert.Positive(t, n)
				assert.LessOrEqual(t, n, most, "round trips of a charge after %s", history)
			}
			count("first", "2 operations")
			for i := range 2 {
				tell.post(func(j int) credits.Op { return tell.ChargeOp(fmt.Sprint("c", i, ".", j), 1, start) })
				count(fmt.Sprint("history", i), "a history of thousands")
			}
			tell.post(func(j int) credits.Op { return tell.GrantOp(fmt.Sprint("g", j), 10, float64(2+j)) })
			count("grants", "a thousand grants more")
			tell.Do(tell.HoldOp("h", 50, start, 0))
			count("hold", "a hold")

			// In a caller's transaction too, where one statement can tell the next
			// what it found.
			if engine != dialect.PostgreSQL && !dialect.Of(db).SelectsIntoVariables() {
				return
			}
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			tell.Handle = tx
			tell.Charge("warm in a transaction", 1, start) // where PostgreSQL has a statement of its own
			count("in a transaction", "a statement of the caller's")
			require.NoError(t, tx.Commit())
			tell.Handle = env.DB
			tell.Check()
		})
	}
}

// post runs a full batch, all of which has to succeed.
func (t *teller) post(op func(i int) credits.Op) {
	t.Helper()
	ops := make([]credits.Op, credits.MaxBatch)
	for i := range ops {
		ops[i] = op(i)
	}
	_, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
	require.NoError(t, err)
}
