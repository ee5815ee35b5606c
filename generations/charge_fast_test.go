package generations_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// TestChargeGenerationInOneRoundTrip counts on the wire, compares the rows with
// those that several statements leave, and then cuts the line before the request
// and before the answer: the call must find what it did, or do it, once.
func TestChargeGenerationInOneRoundTrip(t *testing.T) {
	t.Parallel()
	for engine, most := range map[dialect.Engine]int{dialect.PostgreSQL: 1, dialect.MySQL: 2, dialect.MariaDB: 2} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			proxy, through := wire.Before(t, env.URL)
			db, err := chameleon.Open(t.Context(), through, chameleon.WithPoolSize(1))
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			user := rich(t, env.DB, 1000)
			firstCharge(t, db, image(user)) // the connection learns its statement

			p := image(user)
			p.Metadata = map[string]any{"trace": "a'b\\c 🏙"}
			proxy.Requests()
			fast := firstCharge(t, db, p)
			assert.LessOrEqual(t, proxy.Requests(), most, "round trips")
			var slow *generations.Result
			require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
				slow = firstCharge(t, tx, p)
				return nil
			}))
			want := storedAlike(t, env.DB, slow)
			assert.Equal(t, want, storedAlike(t, env.DB, fast))

			for i, after := range []bool{false, true, false, true, false, true} {
				p := p
				switch i / 2 {
				case 1:
					p.Key = fmt.Sprint("key", after)
				case 2:
					p.GenID = fmt.Sprint("gen_", after)
				}
				firstCharge(t, db, image(user)) // or the cut meets the statement being prepared
				before := available(t, env.DB, user)
				proxy.Arm(wire.Cut{After: after})
				got := firstCharge(t, db, p)
				require.True(t, proxy.Disarm(), "no cut")
				assert.Equal(t, before-5, available(t, env.DB, user), "cut %d", i)
				want.Generation.RequestKey = p.Key
				assert.Equal(t, want, storedAlike(t, env.DB, got), "cut %d", i)
			}
			assert.Equal(t, 15, count(t, env.DB))
			report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: user})
			require.NoError(t, err)
			assert.Empty(t, report.Breaches)
		})
	}
}

// firstCharge is a call that no other came before.
func firstCharge(t *testing.T, db bun.IDB, p generations.ChargeParams) *generations.Result {
	t.Helper()
	got, err := generations.ChargeGeneration(t.Context(), db, p)
	require.NoError(t, err)
	assert.False(t, got.Replayed)
	assert.False(t, got.Operation.Replayed)
	assert.Empty(t, got.Mended)
	assert.Positive(t, got.Generation.ID)
	return got
}

// stored is what a charge left in both tables, less what differs for each.
type stored struct {
	Generation generations.Generation
	Entry      credits.Entry
}

// storedAlike reads what is stored, which must be what the call returned.
func storedAlike(t *testing.T, db bun.IDB, of *generations.Result) stored {
	t.Helper()
	var s stored
	require.NoError(t, db.NewSelect().Model(&s.Generation).Where("id = ?", of.Generation.ID).Scan(t.Context()))
	require.Equal(t, s.Generation.GenID, of.Generation.GenID)
	require.NoError(t, db.NewSelect().Model(&s.Entry).Where("user_uuid = ?", s.Generation.UserUUID).
		Where("op_key = ?", s.Generation.ChargeKey).Scan(t.Context()))
	require.Equal(t, s.Generation.GenID, s.Entry.GenID)
	for _, at := range []*time.Time{&s.Generation.CreatedAt, &s.Generation.UpdatedAt, &s.Entry.CreatedAt} {
		*at = at.UTC()
	}
	g, e := &s.Generation, &s.Entry
	g.ID, g.GenID, g.ChargeKey = 0, "", ""
	e.ID, e.Seq, e.OpSeq, e.OpKey, e.GenID = 0, 0, 0, "", ""
	e.OpHash, e.Hash, e.MetadataSalt, e.CallID, e.Balance, e.Available = "", "", "", 0, 0, 0
	return s
}

// TestChargeGenerationStoresTheSameOnSQLite compares what is stored, byte for byte
// and type for type, with what bun stores.
func TestChargeGenerationStoresTheSameOnSQLite(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.SQLite)
	user := rich(t, env.DB, 1000)
	raw := func(got *generations.Result) map[string]any {
		columns := ""
		for _, field := range env.DB.Dialect().Tables().Get(reflect.TypeFor[generations.Generation]()).Fields {
			columns += fmt.Sprintf(", typeof(%[1]s) || CAST(%[1]s AS text) AS %[1]s", field.Name)
		}
		row := map[string]any{}
		require.NoError(t, env.DB.NewRaw("SELECT "+columns[2:]+" FROM generations WHERE id = ?", got.Generation.ID).Scan(t.Context(), &row))
		delete(row, "id")
		delete(row, "gen_id")
		delete(row, "charge_key")
		return row
	}
	fast := firstCharge(t, env.DB, image(user))
	require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
		slow := firstCharge(t, tx, image(user))
		assert.Equal(t, storedAlike(t, tx, slow), storedAlike(t, tx, fast))
		return nil
	}))
	slow, err := generations.List(t.Context(), env.DB, generations.ListParams{UserUUID: user, Limit: 1})
	require.NoError(t, err)
	require.NotEqual(t, slow.Items[0].ID, fast.Generation.ID)
	assert.Equal(t, raw(&generations.Result{Generation: &slow.Items[0]}), raw(fast))
}
