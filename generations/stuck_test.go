package generations_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// ids returns the GenIDs of generations, sorted.
func ids(gs []generations.Generation) []string {
	out := make([]string, len(gs))
	for i, g := range gs {
		out[i] = g.GenID
	}
	slices.Sort(out)
	return out
}

func TestFailStuck(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user, other := rich(t, env.DB, 100), rich(t, env.DB, 100)
		name := func(genID, user string, at time.Time) string {
			p := image(user)
			p.GenID, p.At = genID, at
			_, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			return genID
		}
		start := func(genID string, at time.Time) {
			_, err := generations.Start(ctx, env.DB, generations.StartParams{GenID: genID, At: at})
			require.NoError(t, err)
		}
		name("gen_pending", user, noon)
		start(name("gen_processing", other, noon), noon.Add(time.Minute))
		h := stream(user)
		h.GenID, h.Timeout = "gen_held", 24*time.Hour
		_, err := generations.HoldGeneration(ctx, env.DB, h)
		require.NoError(t, err)

		// Alive: new, started late, extended, and done.
		name("gen_new", user, noon.Add(50*time.Minute))
		start(name("gen_started", user, noon), noon.Add(50*time.Minute))
		h.GenID = "gen_extended"
		_, err = generations.HoldGeneration(ctx, env.DB, h)
		require.NoError(t, err)
		_, err = generations.Extend(ctx, env.DB, generations.ExtendParams{GenID: h.GenID, At: noon.Add(31 * time.Minute)})
		require.NoError(t, err)
		_, err = generations.Complete(ctx, env.DB, generations.CompleteParams{GenID: name("gen_done", user, noon), ResultURLs: result, At: noon})
		require.NoError(t, err)

		// Of other programs: old, old and without any time, and not charged here.
		for genID, created := range map[string]any{"gen_legacy": noon.Add(-time.Hour), "gen_timeless": nil} {
			_, err := env.DB.ExecContext(ctx, "INSERT INTO generations "+
				"(gen_id, user_uuid, ai_type, provider, status, credits_cost, created_at) VALUES (?, ?, 'image', 'kling', 'processing', 3, ?)",
				genID, uuid.NewString(), created)
			require.NoError(t, err)
		}
		// One whose charge the ledger lacks.
		_, err = env.DB.ExecContext(ctx, "INSERT INTO generations "+
			"(gen_id, user_uuid, ai_type, provider, status, credits_cost, created_at, charge_key) "+
			"VALUES ('gen_broken', ?, 'image', 'kling', 'pending', 3, ?, 'nothing')", user, noon.Add(-2*time.Hour))
		require.NoError(t, err)

		require.Equal(t, int64(100-5-40-5-5-40-5), available(t, env.DB, user))
		p := generations.FailStuckParams{OlderThan: 30 * time.Minute, At: noon.Add(time.Hour)}
		got, err := generations.FailStuck(ctx, env.DB, p)
		require.NoError(t, err)
		require.Equal(t, []string{"gen_held", "gen_legacy", "gen_pending", "gen_processing"}, ids(got.Failed))
		require.Equal(t, int64(5+40+5), got.Credits)
		require.Zero(t, got.Skipped)
		require.Empty(t, got.Next)
		require.Len(t, got.Refused, 1)
		require.Equal(t, "gen_broken", got.Refused[0].GenID)
		require.ErrorIs(t, got.Refused[0], credits.ErrNotFound)
		require.Equal(t, int64(100-5-5-40-5), available(t, env.DB, user))
		require.Equal(t, int64(100), available(t, env.DB, other))
		for _, g := range got.Failed {
			stored, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: g.GenID})
			require.NoError(t, err)
			require.Equal(t, generations.StatusFailed, stored.Status)
			require.Equal(t, "no result in time", stored.ErrorMessage)
		}

		got, err = generations.FailStuck(ctx, env.DB, p)
		require.NoError(t, err)
		require.Empty(t, got.Failed)
		p.Status, p.Message, p.OlderThan = generations.StatusProcessing, "gave up", 5*time.Minute
		got, err = generations.FailStuck(ctx, env.DB, p)
		require.NoError(t, err)
		require.Equal(t, []string{"gen_started"}, ids(got.Failed))
		require.Equal(t, "gave up", got.Failed[0].ErrorMessage)

		for _, p := range []generations.FailStuckParams{
			{},
			{OlderThan: -1},
			{OlderThan: 1, Status: generations.StatusFailed},
			{OlderThan: 1, Limit: 1001},
			{OlderThan: 1, Limit: -1},
			{OlderThan: 1, Cursor: "x"},
			{OlderThan: 1, At: time.Unix(-1, 0)},
		} {
			_, err := generations.FailStuck(ctx, env.DB, p)
			require.ErrorIs(t, err, generations.ErrInvalid)
		}
		requireSound(t, env.DB)
	})
}

// TestFailStuckInBatches goes round generations that cannot be failed.
func TestFailStuckInBatches(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 1000)
		for i := range 23 {
			p := image(user)
			p.GenID, p.Cost, p.At = fmt.Sprintf("gen_%02d", i), 1, noon.Add(time.Duration(i/4)*time.Second)
			_, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
		}
		_, err := env.DB.ExecContext(ctx, "UPDATE generations SET charge_key = 'nothing' WHERE gen_id >= 'gen_10' AND gen_id < 'gen_17'")
		require.NoError(t, err)
		failed, refused := 0, 0
		for p := (generations.FailStuckParams{OlderThan: time.Minute, At: noon.Add(time.Hour), Limit: 5}); ; {
			got, err := generations.FailStuck(ctx, env.DB, p)
			require.NoError(t, err)
			require.LessOrEqual(t, len(got.Failed)+len(got.Refused), 5)
			failed += len(got.Failed)
			refused += len(got.Refused)
			if p.Cursor = got.Next; p.Cursor == "" {
				break
			}
		}
		require.Equal(t, []int{16, 7}, []int{failed, refused})
		require.Equal(t, int64(1000-7), available(t, env.DB, user))
	})
}

func TestFailStuckConcurrently(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		const each, users = 6, 3
		var all sync.WaitGroup
		var settling []string
		var owners []string
		for range users {
			user := rich(t, env.DB, 1000)
			owners = append(owners, user)
			for i := range each {
				genID := held(t, env.DB, user)
				if i == 0 {
					settling = append(settling, genID)
				}
			}
		}
		results := make([]*generations.FailStuckResult, 4)
		for i := range results {
			all.Go(func() {
				got, err := generations.FailStuck(ctx, env.DB, generations.FailStuckParams{OlderThan: time.Minute, At: noon.Add(9 * time.Minute)})
				if assert.NoError(t, err) {
					results[i] = got
				}
			})
		}
		settled := make([]error, users)
		for i, genID := range settling {
			all.Go(func() { _, settled[i] = generations.Settle(ctx, env.DB, settle(genID, 7, 9*time.Minute)) })
		}
		all.Wait()
		var failed []string
		var back int64
		for _, r := range results {
			require.NotNil(t, r)
			require.Empty(t, r.Refused)
			failed = append(failed, ids(r.Failed)...)
			back += r.Credits
		}
		slices.Sort(failed)
		require.Equal(t, slices.Compact(slices.Clone(failed)), failed, "each is failed once")
		won := 0
		for i, err := range settled {
			cost := int64(0)
			if err == nil {
				won++
				cost = 7
			} else {
				require.ErrorIs(t, err, generations.ErrState)
			}
			require.Equal(t, 1000-cost, availableAt(t, env.DB, owners[i], noon.Add(9*time.Minute)))
		}
		require.Len(t, failed, each*users-won)
		require.Equal(t, int64(40*len(failed)), back)
		requireSound(t, env.DB)
	})
}

func TestFailStuckInTheCallersTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		genID := charged(t, env.DB, user)
		changedMind := errors.New("cancelled by the caller")
		require.ErrorIs(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			got, err := generations.FailStuck(ctx, tx, generations.FailStuckParams{OlderThan: time.Minute, At: noon.Add(time.Hour)})
			require.NoError(t, err)
			require.Equal(t, []string{genID}, ids(got.Failed))
			return changedMind
		}), changedMind)
		g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: genID})
		require.NoError(t, err)
		require.Equal(t, generations.StatusPending, g.Status)
		require.Equal(t, int64(95), available(t, env.DB, user))
	})
}
