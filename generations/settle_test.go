package generations_test

import (
	"context"
	"fmt"
	"strings"
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

var result = []string{"https://cdn.example.com/r/1.png?a=1&b=2", "https://cdn.example.com/r/2.png"}

// charged returns the GenID of a user's new generation.
func charged(t *testing.T, db bun.IDB, user string) string {
	t.Helper()
	made, err := generations.ChargeGeneration(context.Background(), db, image(user))
	require.NoError(t, err)
	return made.Generation.GenID
}

// verbs moves a generation by the status it is to get.
var verbs = map[generations.Status]func(context.Context, bun.IDB, string) (*generations.Result, error){
	generations.StatusProcessing: func(ctx context.Context, db bun.IDB, genID string) (*generations.Result, error) {
		return generations.Start(ctx, db, generations.StartParams{GenID: genID, At: noon.Add(time.Minute)})
	},
	generations.StatusCompleted: func(ctx context.Context, db bun.IDB, genID string) (*generations.Result, error) {
		return generations.Complete(ctx, db, generations.CompleteParams{GenID: genID, ResultURLs: result, At: noon.Add(2 * time.Minute)})
	},
	generations.StatusFailed: func(ctx context.Context, db bun.IDB, genID string) (*generations.Result, error) {
		return generations.Fail(ctx, db, generations.FailParams{GenID: genID, Message: "provider timeout", At: noon.Add(2 * time.Minute)})
	},
}

func TestLifeOfAGeneration(t *testing.T) {
	const (
		pending    = generations.StatusPending
		processing = generations.StatusProcessing
		completed  = generations.StatusCompleted
		failed     = generations.StatusFailed
	)
	paths := map[generations.Status][]generations.Status{
		pending: nil, processing: {processing}, completed: {processing, completed}, failed: {failed},
	}
	allowed := map[string]bool{
		"pending processing": true, "pending completed": true, "pending failed": true,
		"processing completed": true, "processing failed": true,
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for from, path := range paths {
			for to, verb := range verbs {
				user := rich(t, env.DB, 100)
				genID := charged(t, env.DB, user)
				for _, step := range path {
					_, err := verbs[step](ctx, env.DB, genID)
					require.NoError(t, err)
				}
				// In the caller's transaction, which goes on and commits.
				var got *generations.Result
				var err error
				require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
					got, err = verb(ctx, tx, genID)
					_, alive := generations.Get(ctx, tx, generations.GetParams{GenID: genID})
					return alive
				}))
				name := fmt.Sprintf("%s to %s", from, to)
				want := to
				switch {
				case from == to:
					require.NoError(t, err, name)
					require.True(t, got.Replayed, name)
				case allowed[string(from+" "+to)]:
					require.NoError(t, err, name)
					require.False(t, got.Replayed, name)
					require.Equal(t, to, got.Generation.Status, name)
				default:
					require.Equal(t, &generations.StateError{GenID: genID, From: from, To: to}, err, name)
					require.ErrorIs(t, err, generations.ErrState)
					want = from
				}
				g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: genID})
				require.NoError(t, err)
				require.Equal(t, want, g.Status, name)
				left := map[bool]int64{true: 100, false: 95}[want == failed]
				require.Equal(t, left, available(t, env.DB, user), name)
			}
		}
	})
}

func TestComplete(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		genID := charged(t, env.DB, user)
		complete := func(urls ...string) error {
			_, err := generations.Complete(ctx, env.DB, generations.CompleteParams{GenID: genID, ResultURLs: urls, At: noon.Add(time.Minute)})
			return err
		}
		for _, urls := range [][]string{
			nil, {""}, {"1.png"}, {result[0], "javascript:alert(1)"}, {"https://a\x00"}, {"https://a/" + strings.Repeat("x", 65_536)},
		} {
			var invalid *generations.InvalidError
			require.ErrorAs(t, complete(urls...), &invalid, "%.40q", urls)
			require.Contains(t, invalid.Field, "ResultURLs")
		}
		require.NoError(t, complete(result...))
		require.NoError(t, complete(result...), "the same again")
		require.ErrorIs(t, complete(result[0]), generations.ErrState, "other results")

		g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: genID})
		require.NoError(t, err)
		require.Equal(t, `["https://cdn.example.com/r/1.png?a=1&b=2","https://cdn.example.com/r/2.png"]`, g.ResultURLs)
		urls, err := g.Results()
		require.NoError(t, err)
		require.Equal(t, result, urls)
		require.True(t, noon.Add(time.Minute).Equal(g.CompletedAt))

		// Text has no URLs to show.
		p := image(user)
		p.AIType, p.Cost = generations.TypeText, 1
		text, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		genID = text.Generation.GenID
		require.NoError(t, complete())
	})
}

func TestSettlingNeedsTheGeneration(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		genID := charged(t, env.DB, rich(t, env.DB, 100))
		for to, verb := range verbs {
			_, err := verb(ctx, env.DB, "gen_unknown")
			require.ErrorIs(t, err, generations.ErrNotFound, to)
			_, err = verb(ctx, env.DB, strings.ToUpper(genID))
			require.ErrorIs(t, err, generations.ErrNotFound, to)
			_, err = verb(ctx, env.DB, "")
			require.ErrorIs(t, err, generations.ErrInvalid, to)
		}
		other := uuid.NewString()
		_, err := generations.Start(ctx, env.DB, generations.StartParams{GenID: genID, UserUUID: other})
		require.ErrorIs(t, err, generations.ErrNotFound)
		_, err = generations.Complete(ctx, env.DB, generations.CompleteParams{GenID: genID, UserUUID: other, ResultURLs: result})
		require.ErrorIs(t, err, generations.ErrNotFound)
		_, err = generations.Fail(ctx, env.DB, generations.FailParams{GenID: genID, UserUUID: other})
		require.ErrorIs(t, err, generations.ErrNotFound)
	})
}

// TestFailGivesBackToTheSameGrants spends a grant that is about to expire and
// part of one that is not; when the generation fails after the first one's
// expiry, what came from it is gone.
func TestFailGivesBackToTheSameGrants(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		for key, g := range map[string]credits.GrantParams{
			"short": {Amount: 3, ExpiresAt: noon.Add(time.Hour)},
			"long":  {Amount: 10, ExpiresAt: noon.AddDate(1, 0, 0)},
		} {
			g.UserUUID, g.Key, g.Type, g.At = user, key, credits.TypeSystemAdd, noon
			_, err := credits.Grant(ctx, env.DB, g)
			require.NoError(t, err)
		}
		for _, c := range []struct {
			failsAt time.Time
			left    int64
		}{
			{noon.Add(30 * time.Minute), 13},
			{noon.Add(2 * time.Hour), 10},
		} {
			p := image(user)
			p.At = noon.Add(time.Minute)
			made, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			require.Equal(t, int64(8), made.Operation.Available)
			for i := range 3 {
				got, err := generations.Fail(ctx, env.DB, generations.FailParams{GenID: made.Generation.GenID, At: c.failsAt})
				require.NoError(t, err)
				require.Equal(t, i > 0, got.Replayed)
				if i == 0 {
					require.Equal(t, int64(5), got.Operation.Amount)
					require.Equal(t, int64(5), got.Generation.CreditsRefunded)
				}
			}
			balance, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: user, At: c.failsAt})
			require.NoError(t, err)
			require.Equal(t, c.left, balance.Available)
		}
	})
}

func TestFailAndCompleteRace(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		for range 3 {
			before := available(t, env.DB, user)
			genID := charged(t, env.DB, user)
			type outcome struct {
				to  generations.Status
				got *generations.Result
				err error
			}
			outcomes := make([]outcome, 20)
			var all sync.WaitGroup
			for i := range outcomes {
				to := []generations.Status{generations.StatusFailed, generations.StatusCompleted}[i%2]
				all.Go(func() {
					got, err := verbs[to](ctx, env.DB, genID)
					outcomes[i] = outcome{to, got, err}
				})
			}
			all.Wait()

			g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: genID})
			require.NoError(t, err)
			winners := 0
			for _, o := range outcomes {
				if o.to != g.Status {
					assert.Equal(t, &generations.StateError{GenID: genID, From: g.Status, To: o.to}, o.err)
					continue
				}
				if assert.NoError(t, o.err) && !o.got.Replayed {
					winners++
				}
			}
			assert.Equal(t, 1, winners)
			cost := map[generations.Status]int64{generations.StatusFailed: 0, generations.StatusCompleted: 5}[g.Status]
			assert.Equal(t, before-cost, available(t, env.DB, user))
		}
	})
}

func TestFailStoresWhatProvidersSay(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		for said, stored := range map[string]string{
			"timeout after 30 s: 超时":                      "timeout after 30 s: 超时",
			"a\x00b\xffc":                                 "ab\uFFFDc",
			strings.Repeat("x", 65_534) + "é and so on":   strings.Repeat("x", 65_534),
			"quote ' backslash \\ percent % question ? 🦎": "quote ' backslash \\ percent % question ? 🦎",
		} {
			genID := charged(t, env.DB, user)
			_, err := generations.Fail(ctx, env.DB, generations.FailParams{GenID: genID, Message: said})
			require.NoError(t, err)
			g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: genID})
			require.NoError(t, err)
			require.Equal(t, stored, g.ErrorMessage)
		}
	})
}

// TestRowsOfOtherPrograms settles rows that this module did not charge for.
func TestRowsOfOtherPrograms(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		for _, genID := range []string{"gen_873f66080f17", "gen_397799356597"} {
			_, err := env.DB.ExecContext(ctx, "INSERT INTO generations "+
				"(gen_id, user_uuid, ai_type, provider, result_urls, status, credits_cost) "+
				"VALUES (?, ?, 'image', 'kling', '', 'processing', 3)", genID, user)
			require.NoError(t, err)
		}
		got, err := generations.Fail(ctx, env.DB, generations.FailParams{GenID: "gen_873f66080f17"})
		require.NoError(t, err)
		require.Nil(t, got.Operation)
		require.Zero(t, got.Generation.CreditsRefunded)
		require.Equal(t, int64(100), available(t, env.DB, user))
		urls, err := got.Generation.Results()
		require.NoError(t, err)
		require.Empty(t, urls)

		_, err = generations.Complete(ctx, env.DB, generations.CompleteParams{GenID: "gen_397799356597", ResultURLs: result})
		require.NoError(t, err)
		p := image(user)
		p.GenID = "gen_397799356597"
		_, err = generations.ChargeGeneration(ctx, env.DB, p)
		require.ErrorIs(t, err, generations.ErrKeyReused)
	})
}
