package generations_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestArchive: what was archived is read, replayed, refused and erased as it was
// before, and comes back.
func TestArchive(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		a := archiving{t, env.DB, rich(t, env.DB, 1000), env.Sharded}
		named, failed, free := image(a.user), image(a.user), image(a.user)
		named.GenID, failed.Key, free.Free, free.Key = "mine-"+a.user, "failed", true, "free"
		both := image(a.user)
		both.GenID, both.Key = "both-"+a.user, "both"
		for _, p := range []generations.ChargeParams{named, failed, free, both, image(a.user), image(a.user)} {
			got := a.charge(a.db, p)
			if p.Key == failed.Key {
				a.fail(got.Generation.GenID)
			} else if p.Key != "" || p.GenID != "" {
				a.complete(a.db, got.Generation.GenID)
			}
		}
		a.settled("held")
		a.charge(a.db, image(a.user)) // a user's latest stays
		before, left := a.said(), available(t, a.db, a.user)
		dry := a.run(archive.Params{DryRun: true})
		report := a.run(archive.Params{Batch: 3})
		assert.EqualValues(t, 5, report.Generations, "pending ones stay, the latest among them")
		assert.Equal(t, report.Generations, dry.Generations)
		assert.Zero(t, a.run(archive.Params{}).Generations)
		assert.Equal(t, before, a.said())

		// Of these the ledger has no charge by the Key.
		byKey, priced := both, free
		byKey.GenID, priced.Free = "", false
		a.again(a.db, named, failed, free, both, byKey, priced)
		require.NoError(t, a.db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
			a.again(tx, named, failed, free, both, byKey, priced)
			return nil
		}))
		a.refused(named, failed, both)
		assert.Equal(t, before, a.said())
		assert.Equal(t, left, available(t, a.db, a.user), "nothing was charged or given back again")

		back, err := archive.Restore(t.Context(), a.db, archive.RestoreParams{UserUUID: a.user, Batch: 1})
		require.NoError(t, err)
		assert.Equal(t, report.Generations, back.Generations)
		assert.Equal(t, before, a.said())
		if env.Engine == dialect.SQLite { // what a cut leaves is one transaction's, on every engine
			a.cut(before)
		}
		a.beside(named, both)
		assert.Equal(t, before, a.said())
		a.run(archive.Params{})
		forgotten, err := generations.Forget(t.Context(), a.db, generations.ForgetParams{UserUUID: a.user})
		require.NoError(t, err)
		assert.EqualValues(t, 8, forgotten.Generations)
		for _, g := range a.said().Items {
			assert.Empty(t, g.Prompt+g.ResultURLs)
		}
		proof, err := audit.Verify(t.Context(), a.db, audit.VerifyParams{UserUUID: a.user})
		require.NoError(t, err)
		assert.Empty(t, proof.Breaches)
	})
}

type archiving struct {
	*testing.T
	db   *bun.DB
	user string
	// sharded means that a GenID is unique for each user alone.
	sharded bool
}

func (a archiving) charge(db bun.IDB, p generations.ChargeParams) *generations.Result {
	a.Helper()
	got, err := generations.ChargeGeneration(a.Context(), db, p)
	require.NoError(a, err)
	return got
}

// settled holds credits for a generation with a Key, and settles it.
func (a archiving) settled(key string) {
	a.Helper()
	held, err := generations.HoldGeneration(a.Context(), a.db, generations.HoldParams{
		UserUUID: a.user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a lighthouse", MaxCost: 9, Key: key,
	})
	require.NoError(a, err)
	_, err = generations.Settle(a.Context(), a.db, generations.SettleParams{
		GenID: held.Generation.GenID, Cost: 4, ResultURLs: []string{"https://example.com/1.png"},
	})
	require.NoError(a, err)
}

func (a archiving) fail(genID string) *generations.Result {
	a.Helper()
	got, err := generations.Fail(a.Context(), a.db, generations.FailParams{GenID: genID, UserUUID: a.user})
	require.NoError(a, err)
	return got
}

func (a archiving) complete(db bun.IDB, genID string) *generations.Result {
	a.Helper()
	got, err := generations.Complete(a.Context(), db, generations.CompleteParams{
		GenID: genID, ResultURLs: []string{"https://example.com/1.png"},
	})
	require.NoError(a, err)
	return got
}

func (a archiving) run(p archive.Params) *archive.Report {
	a.Helper()
	p.Before, p.UserUUID = time.Now().Add(time.Hour), a.user
	report, err := archive.Run(a.Context(), a.db, p)
	require.NoError(a, err)
	return report
}

// saying is what reads say of a user's generations.
type saying struct {
	Items  []generations.Generation
	Counts map[generations.Status]int64
	Stats  []generations.ProviderCount
}

func (a archiving) said() (s saying) {
	a.Helper()
	for p := (generations.ListParams{UserUUID: a.user, Limit: 2}); ; {
		page, err := generations.List(a.Context(), a.db, p)
		require.NoError(a, err)
		for _, g := range page.Items {
			one, err := generations.Get(a.Context(), a.db, generations.GetParams{GenID: g.GenID})
			require.NoError(a, err)
			require.Equal(a, g, *one)
			one, err = generations.Get(a.Context(), a.db, generations.GetParams{GenID: g.GenID, UserUUID: a.user})
			require.NoError(a, err)
			require.Equal(a, g, *one)
		}
		s.Items = append(s.Items, page.Items...)
		if p.Cursor = page.Next; p.Cursor == "" {
			break
		}
	}
	var err error
	s.Counts, err = generations.CountByStatus(a.Context(), a.db, generations.CountParams{UserUUID: a.user})
	require.NoError(a, err)
	stats, err := generations.Stats(a.Context(), a.db, generations.StatsParams{})
	require.NoError(a, err)
	s.Stats = stats.Counts
	return s
}

// again repeats calls about archived generations.
func (a archiving) again(db bun.IDB, calls ...generations.ChargeParams) {
	a.Helper()
	for _, p := range calls {
		got := a.charge(db, p)
		assert.True(a, got.Replayed, "%+v", p)
		if got.Generation.Status == generations.StatusCompleted {
			assert.True(a, a.complete(db, got.Generation.GenID).Replayed)
		}
	}
}

// cut ends a run and a restore before any of their statements.
func (a archiving) cut(before saying) {
	a.Helper()
	for n, reached := int64(1), true; reached; n += 3 {
		require.Less(a, n, int64(100), "it never ends")
		var err error
		reached, err = enginetest.Crash(a.Context(), n, func(ctx context.Context) error {
			db := a.db.WithQueryHook(enginetest.Crasher{})
			_, err := archive.Run(ctx, db, archive.Params{Before: time.Now().Add(time.Hour), UserUUID: a.user})
			if err == nil {
				_, err = archive.Restore(ctx, db, archive.RestoreParams{UserUUID: a.user})
			}
			return err
		})
		if !reached {
			require.NoError(a, err)
		}
		page, err := generations.List(a.Context(), a.db, generations.ListParams{UserUUID: a.user})
		require.NoError(a, err)
		require.Equal(a, before.Items, page.Items, "cut %d", n)
	}
}

// beside repeats calls while what they are about goes to and fro.
func (a archiving) beside(calls ...generations.ChargeParams) {
	var all sync.WaitGroup
	for _, p := range calls {
		all.Go(func() {
			for range 2 {
				a.again(a.db, p)
			}
		})
	}
	all.Go(func() {
		for range 2 {
			a.run(archive.Params{Batch: 2})
		}
	})
	all.Go(func() {
		for range 2 {
			_, err := archive.Restore(a.Context(), a.db, archive.RestoreParams{UserUUID: a.user, Batch: 2})
			assert.NoError(a, err)
		}
	})
	all.Wait()
}

// refused makes calls about archived generations that were refused before.
func (a archiving) refused(named, failed, both generations.ChargeParams) {
	a.Helper()
	others := rich(a.T, a.db, 100)
	calls := []generations.ChargeParams{
		{GenID: "x" + uuid.NewString(), Key: both.Key, UserUUID: a.user},
		{Key: "held", UserUUID: a.user}, // of which the ledger has no charge
		{Key: failed.Key, UserUUID: a.user, Free: true},
		{GenID: both.GenID, UserUUID: a.user, Free: true},
	}
	if !a.sharded {
		calls = append(calls, generations.ChargeParams{GenID: named.GenID, UserUUID: others})
	}
	for _, p := range calls {
		p.AIType, p.Provider, p.Model, p.Prompt = both.AIType, both.Provider, both.Model, both.Prompt
		_, err := generations.ChargeGeneration(a.Context(), a.db, p)
		require.ErrorIs(a, err, generations.ErrKeyReused, "%+v", p)
		require.NoError(a, a.db.RunInTx(a.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := generations.ChargeGeneration(ctx, tx, p)
			require.ErrorIs(a, err, generations.ErrKeyReused, "%+v", p)
			return nil
		}))
	}
	assert.EqualValues(a, 100, available(a.T, a.db, others))
	_, err := generations.Fail(a.Context(), a.db, generations.FailParams{GenID: named.GenID})
	require.ErrorIs(a, err, generations.ErrState)
	_, err = generations.Start(a.Context(), a.db, generations.StartParams{GenID: both.GenID})
	require.ErrorIs(a, err, generations.ErrState)
}
