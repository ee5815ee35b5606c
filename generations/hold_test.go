package generations_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// stream is a text whose cost is known at its end: at most 40 credits, held for
// ten minutes from noon.
func stream(user string) generations.HoldParams {
	return generations.HoldParams{
		UserUUID: user, AIType: generations.TypeText, Provider: "deepseek", Model: "deepseek-chat",
		Prompt: "a novel about lizards", MaxCost: 40, Timeout: 10 * time.Minute, At: noon,
	}
}

// held returns the GenID of a user's new generation that holds 40 credits.
func held(t *testing.T, db bun.IDB, user string) string {
	t.Helper()
	made, err := generations.HoldGeneration(context.Background(), db, stream(user))
	require.NoError(t, err)
	return made.Generation.GenID
}

func settle(genID string, cost int64, after time.Duration) generations.SettleParams {
	return generations.SettleParams{GenID: genID, Cost: cost, At: noon.Add(after)}
}

// requireSound proves the ledger of every user.
func requireSound(t *testing.T, db bun.IDB) {
	t.Helper()
	report, err := audit.Verify(context.Background(), db, audit.VerifyParams{})
	require.NoError(t, err)
	require.True(t, report.OK(), "%+v", report.Breaches)
}

func TestHoldAndSettle(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		made, err := generations.HoldGeneration(ctx, env.DB, stream(user))
		require.NoError(t, err)
		g := made.Generation
		require.Equal(t, credits.KindHold, made.Operation.Kind)
		require.Equal(t, int64(60), made.Operation.Available)
		require.Equal(t, generations.StatusPending, g.Status)
		require.Equal(t, int64(40), g.CreditsCost)
		require.NotEmpty(t, g.HoldKey)
		require.Empty(t, g.ChargeKey)

		_, err = generations.Start(ctx, env.DB, generations.StartParams{GenID: g.GenID, At: noon})
		require.NoError(t, err)
		// In the caller's transaction, which survives every refusal.
		p := settle(g.GenID, 7, time.Minute)
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := generations.Complete(ctx, tx, generations.CompleteParams{GenID: g.GenID})
			require.ErrorIs(t, err, generations.ErrHeld)
			_, err = generations.Settle(ctx, tx, settle(g.GenID, 41, time.Minute))
			var exceeds *credits.ExceedsError
			require.ErrorAs(t, err, &exceeds)
			require.Equal(t, []int64{41, 40}, []int64{exceeds.Asked, exceeds.Left})
			stranger := p
			stranger.UserUUID = uuid.NewString()
			_, err = generations.Settle(ctx, tx, stranger)
			require.ErrorIs(t, err, generations.ErrNotFound)
			got, err := generations.Settle(ctx, tx, p)
			require.NoError(t, err)
			require.Equal(t, credits.KindCapture, got.Operation.Kind)
			require.Equal(t, int64(7), got.Operation.Amount)
			require.Equal(t, int64(93), got.Operation.Available)
			require.Equal(t, credits.TypeAIGeneration, got.Operation.Type)
			require.Equal(t, g.GenID, got.Operation.Entries[0].GenID)
			return nil
		}))
		stored, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: g.GenID})
		require.NoError(t, err)
		require.Equal(t, generations.StatusCompleted, stored.Status)
		require.Equal(t, int64(7), stored.CreditsCost)
		require.Equal(t, "[]", stored.ResultURLs)
		require.True(t, noon.Add(time.Minute).Equal(stored.CompletedAt))

		again, err := generations.Settle(ctx, env.DB, p)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.True(t, again.Operation.Replayed)
		require.Equal(t, int64(7), again.Operation.Amount)
		var state *generations.StateError
		_, err = generations.Settle(ctx, env.DB, settle(g.GenID, 8, time.Minute))
		require.ErrorAs(t, err, &state)
		_, err = generations.Fail(ctx, env.DB, generations.FailParams{GenID: g.GenID})
		require.ErrorAs(t, err, &state)
		again, err = generations.Complete(ctx, env.DB, generations.CompleteParams{GenID: g.GenID})
		require.NoError(t, err, "it is completed, with these results")
		require.True(t, again.Replayed)
		require.Equal(t, int64(93), available(t, env.DB, user))

		// What was charged can be refunded as any charge.
		_, err = credits.Refund(ctx, env.DB, credits.RefundParams{UserUUID: user, ChargeKey: stored.ChargeKey, At: noon.Add(time.Minute)})
		require.NoError(t, err)
		require.Equal(t, int64(100), available(t, env.DB, user))

		// Nothing at all, or all of it.
		free := settle(held(t, env.DB, user), 0, time.Minute)
		free.Free = true
		for i := range 2 {
			got, err := generations.Settle(ctx, env.DB, free)
			require.NoError(t, err)
			require.Equal(t, i == 1, got.Replayed)
			require.Equal(t, credits.KindRelease, got.Operation.Kind)
			require.Zero(t, got.Generation.CreditsCost)
		}
		require.Equal(t, int64(100), available(t, env.DB, user))
		_, err = generations.Settle(ctx, env.DB, settle(held(t, env.DB, user), 40, time.Minute))
		require.NoError(t, err)
		require.Equal(t, int64(60), available(t, env.DB, user))
		requireSound(t, env.DB)
	})
}

func TestHoldAndSettleRefuse(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		for field, change := range map[string]func(*generations.HoldParams){
			"Cost":     func(p *generations.HoldParams) { p.MaxCost = -1 },
			"Timeout":  func(p *generations.HoldParams) { p.Timeout = -time.Second },
			"UserUUID": func(p *generations.HoldParams) { p.UserUUID = "ada" },
			"Key":      func(p *generations.HoldParams) { p.Key = strings.Repeat("x", 256) },
		} {
			p := stream(user)
			change(&p)
			_, err := generations.HoldGeneration(ctx, env.DB, p)
			var invalid *generations.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
		p := stream(user)
		p.Prompt = ""
		_, err := generations.HoldGeneration(ctx, env.DB, p)
		require.EqualError(t, err, "invalid params: ai_type, provider, model, prompt required")
		p = stream(user)
		p.MaxCost = 101
		_, err = generations.HoldGeneration(ctx, env.DB, p)
		require.EqualError(t, err, "insufficient credits: need 101, have 100")
		p = stream(user)
		p.AIType, p.MaxCost, p.Provider = generations.TypeVideo, 0, "X"
		_, err = generations.HoldGeneration(ctx, env.DB, p)
		require.EqualError(t, err, "Unsupported video provider: X")
		require.Zero(t, count(t, env.DB))

		p.Provider, p.Model = "kling", "kling-v1" // the listed price is the maximum
		video, err := generations.HoldGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		require.Equal(t, int64(10), video.Operation.Amount)
		for field, change := range map[string]func(*generations.SettleParams){
			"Cost":          func(p *generations.SettleParams) { p.Cost = 0 },
			"ResultURLs[0]": func(p *generations.SettleParams) { p.ResultURLs = []string{"x"} },
			"ResultURLs":    func(p *generations.SettleParams) { p.ResultURLs = nil },
			"At":            func(p *generations.SettleParams) { p.At = time.Unix(-1, 0) },
			"GenID":         func(p *generations.SettleParams) { p.GenID = "" },
		} {
			p := settle(video.Generation.GenID, 3, time.Minute)
			p.ResultURLs = result
			change(&p)
			_, err := generations.Settle(ctx, env.DB, p)
			var invalid *generations.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
		_, err = generations.Settle(ctx, env.DB, generations.SettleParams{GenID: video.Generation.GenID, Cost: 3, Free: true})
		require.ErrorIs(t, err, generations.ErrInvalid)

		charged := charged(t, env.DB, user)
		_, err = generations.Settle(ctx, env.DB, generations.SettleParams{GenID: charged, Cost: 5, ResultURLs: result})
		require.ErrorIs(t, err, generations.ErrNotHeld)
		_, err = generations.Extend(ctx, env.DB, generations.ExtendParams{GenID: charged})
		require.ErrorIs(t, err, generations.ErrNotHeld)
		require.Equal(t, int64(85), availableAt(t, env.DB, user, noon.Add(time.Minute)))
	})
}

func TestHoldGenerationReplays(t *testing.T) {
	type params = generations.HoldParams
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		p := stream(user)
		p.Key, p.Metadata = "request 1", map[string]any{"page": "home"}
		first, err := generations.HoldGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		genID := first.Generation.GenID
		check := func() {
			t.Helper()
			again, err := generations.HoldGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			require.True(t, again.Replayed)
			require.Equal(t, genID, again.Generation.GenID)
			require.Equal(t, first.Operation.Entries, again.Operation.Entries)
			cheaper := p // its price is not given any more: it is the same request
			cheaper.MaxCost = 0
			again, err = generations.HoldGeneration(ctx, env.DB, cheaper)
			require.NoError(t, err)
			require.Equal(t, int64(40), again.Operation.Amount)
			for name, change := range map[string]func(*params){
				"cost":     func(p *params) { p.MaxCost = 41 },
				"timeout":  func(p *params) { p.Timeout = time.Minute },
				"prompt":   func(p *params) { p.Prompt += "." },
				"metadata": func(p *params) { p.Metadata = nil },
				"gen id":   func(p *params) { p.GenID = "gen_other" },
			} {
				other := p
				change(&other)
				_, err := generations.HoldGeneration(ctx, env.DB, other)
				require.ErrorIs(t, err, generations.ErrKeyReused, name)
			}
			charge := generations.ChargeParams{
				UserUUID: user, AIType: p.AIType, Provider: p.Provider, Model: p.Model, Prompt: p.Prompt, Cost: 40,
				Key: p.Key, Metadata: p.Metadata,
			}
			_, err = generations.ChargeGeneration(ctx, env.DB, charge)
			require.ErrorIs(t, err, generations.ErrKeyReused, "a charge is no hold")
		}
		check()
		_, err = generations.Settle(ctx, env.DB, settle(genID, 7, time.Minute))
		require.NoError(t, err)
		check()
		require.Equal(t, 1, count(t, env.DB))
		require.Equal(t, int64(93), available(t, env.DB, user))
	})
}

// TestSettleAfterTheTimeout charges what was made from what the user has then.
func TestSettleAfterTheTimeout(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		genID := held(t, env.DB, user)
		got, err := generations.Settle(ctx, env.DB, settle(genID, 7, 10*time.Minute))
		require.NoError(t, err)
		require.Equal(t, credits.KindCharge, got.Operation.Kind)
		require.Equal(t, int64(93), got.Operation.Available)
		again, err := generations.Settle(ctx, env.DB, settle(genID, 7, 20*time.Minute))
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, got.Operation.Entries, again.Operation.Entries)

		// The credits are gone meanwhile: nothing changes, until it is settled
		// for what there is.
		genID = held(t, env.DB, user)
		_, err = credits.Charge(ctx, env.DB, credits.ChargeParams{UserUUID: user, Amount: 90, At: noon.Add(21 * time.Minute)})
		require.NoError(t, err)
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := generations.Settle(ctx, tx, settle(genID, 41, 22*time.Minute))
			require.ErrorIs(t, err, credits.ErrExceeds, "never more than was held")
			_, err = generations.Settle(ctx, tx, settle(genID, 7, 22*time.Minute))
			require.ErrorIs(t, err, generations.ErrInsufficient)
			g, err := generations.Get(ctx, tx, generations.GetParams{GenID: genID})
			require.NoError(t, err)
			require.Equal(t, generations.StatusPending, g.Status)
			_, err = generations.Settle(ctx, tx, settle(genID, 3, 22*time.Minute))
			return err
		}))
		require.Zero(t, available(t, env.DB, user))

		// Free, and failed, when there is nothing left to give back.
		user = rich(t, env.DB, 100)
		free := settle(held(t, env.DB, user), 0, time.Hour)
		free.Free = true
		for range 2 {
			got, err = generations.Settle(ctx, env.DB, free)
			require.NoError(t, err)
			require.Nil(t, got.Operation)
		}
		user = rich(t, env.DB, 100)
		got, err = generations.Fail(ctx, env.DB, generations.FailParams{GenID: held(t, env.DB, user), At: noon.Add(time.Hour)})
		require.NoError(t, err)
		require.Nil(t, got.Operation)
		require.Zero(t, got.Generation.CreditsCost)
		require.Equal(t, int64(100), available(t, env.DB, user))
		requireSound(t, env.DB)
	})
}

// TestSettleAfterGrantsExpired holds 3 credits that expire and 37 that do not.
func TestSettleAfterGrantsExpired(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for _, c := range []struct {
			others, cost, left int64
			kind               credits.Kind
			refused            bool
		}{
			{others: 40, cost: 37, left: 3, kind: credits.KindCapture},
			{others: 40, cost: 39, left: 1, kind: credits.KindCharge},
			{others: 38, cost: 40, left: 1, refused: true},
		} {
			user := uuid.NewString()
			for key, g := range map[string]credits.GrantParams{
				"short": {Amount: 3, ExpiresAt: noon.Add(time.Minute)},
				"long":  {Amount: c.others, ExpiresAt: noon.AddDate(1, 0, 0)},
			} {
				g.UserUUID, g.Key, g.Type, g.At = user, key, credits.TypeSystemAdd, noon
				_, err := credits.Grant(ctx, env.DB, g)
				require.NoError(t, err)
			}
			genID := held(t, env.DB, user)
			require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				got, err := generations.Settle(ctx, tx, settle(genID, c.cost, 2*time.Minute))
				if c.refused {
					var insufficient *credits.InsufficientError
					require.ErrorAs(t, err, &insufficient)
					require.Equal(t, int64(38), insufficient.Have)
					return nil
				}
				require.NoError(t, err)
				require.Equal(t, c.kind, got.Operation.Kind)
				require.Equal(t, c.cost, got.Operation.Amount)
				return nil
			}))
			if c.refused { // what it holds is still held
				got, err := generations.Settle(ctx, env.DB, settle(genID, 37, 3*time.Minute))
				require.NoError(t, err)
				require.Equal(t, credits.KindCapture, got.Operation.Kind)
			}
			require.Equal(t, c.left, available(t, env.DB, user))
		}
		requireSound(t, env.DB)
	})
}

func TestFailReleasesTheHold(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		genID := held(t, env.DB, user)
		for i := range 3 {
			got, err := generations.Fail(ctx, env.DB, generations.FailParams{GenID: genID, Message: "overloaded", At: noon.Add(time.Minute)})
			require.NoError(t, err)
			require.Equal(t, i > 0, got.Replayed)
			if i == 0 {
				require.Equal(t, credits.KindRelease, got.Operation.Kind)
				require.Equal(t, int64(40), got.Operation.Amount)
			}
			require.Zero(t, got.Generation.CreditsCost)
			require.Zero(t, got.Generation.CreditsRefunded)
		}
		require.Equal(t, int64(100), available(t, env.DB, user))
		_, err := generations.Settle(ctx, env.DB, settle(genID, 7, time.Minute))
		require.ErrorIs(t, err, generations.ErrState)

		// A hold that was spent around this package is the caller's affair.
		genID = held(t, env.DB, user)
		g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: genID})
		require.NoError(t, err)
		_, err = credits.Release(ctx, env.DB, credits.ReleaseParams{UserUUID: user, HoldKey: g.HoldKey, At: noon.Add(time.Minute)})
		require.NoError(t, err)
		_, err = generations.Settle(ctx, env.DB, settle(genID, 7, time.Minute))
		require.ErrorIs(t, err, credits.ErrHoldEnded)
		_, err = generations.Fail(ctx, env.DB, generations.FailParams{GenID: genID, At: noon.Add(time.Minute)})
		require.NoError(t, err)
		requireSound(t, env.DB)
	})
}

func TestExtend(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		genID := held(t, env.DB, user)
		extend := func(p generations.ExtendParams) error {
			p.GenID = genID
			_, err := generations.Extend(ctx, env.DB, p)
			return err
		}
		for i := 1; i <= 5; i++ { // each before the timeout of the one before
			require.NoError(t, extend(generations.ExtendParams{Timeout: 10 * time.Minute, At: noon.Add(time.Duration(i) * 9 * time.Minute)}))
		}
		g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: genID})
		require.NoError(t, err)
		require.True(t, noon.Add(45*time.Minute).Equal(g.UpdatedAt))
		require.ErrorIs(t, extend(generations.ExtendParams{Timeout: -1, At: noon}), generations.ErrInvalid)
		require.ErrorIs(t, extend(generations.ExtendParams{UserUUID: uuid.NewString()}), generations.ErrNotFound)
		require.ErrorIs(t, extend(generations.ExtendParams{At: noon.Add(55 * time.Minute)}), credits.ErrHoldEnded)
		got, err := generations.Settle(ctx, env.DB, settle(genID, 7, 54*time.Minute))
		require.NoError(t, err)
		require.Equal(t, credits.KindCapture, got.Operation.Kind)
		require.ErrorIs(t, extend(generations.ExtendParams{At: noon.Add(54 * time.Minute)}), generations.ErrState)
		requireSound(t, env.DB)
	})
}

// TestSettleRaces lets settlements, failures and the timeout meet.
func TestSettleRaces(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 1000)
		want := int64(1000)
		for round := range 3 {
			genID := held(t, env.DB, user)
			type outcome struct {
				cost int64 // 0 is a failure
				got  *generations.Result
				err  error
			}
			outcomes := make([]outcome, 12)
			var all sync.WaitGroup
			for i := range outcomes {
				cost := []int64{7, 9, 0}[i%3]
				// In the last round half of the calls come at the timeout.
				after := time.Minute
				if round == 2 && i%2 == 1 {
					after = 10 * time.Minute
				}
				all.Go(func() {
					o := outcome{cost: cost}
					if cost == 0 {
						o.got, o.err = generations.Fail(ctx, env.DB, generations.FailParams{GenID: genID, At: noon.Add(after)})
					} else {
						o.got, o.err = generations.Settle(ctx, env.DB, settle(genID, cost, after))
					}
					outcomes[i] = o
				})
			}
			all.Wait()
			g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: genID})
			require.NoError(t, err)
			winners := 0
			for _, o := range outcomes {
				if o.cost != g.CreditsCost {
					assert.ErrorIs(t, o.err, generations.ErrState)
					continue
				}
				if assert.NoError(t, o.err) && !o.got.Replayed {
					winners++
				}
			}
			assert.Equal(t, 1, winners)
			want -= g.CreditsCost
			require.Equal(t, want, available(t, env.DB, user))
		}
		requireSound(t, env.DB)
	})
}

func TestHoldInATransactionThatIsRolledBack(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		genID := held(t, env.DB, user)
		changedMind := errors.New("cancelled by the caller")
		require.ErrorIs(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := generations.Settle(ctx, tx, settle(genID, 7, time.Minute))
			require.NoError(t, err)
			_, err = generations.HoldGeneration(ctx, tx, stream(user))
			require.NoError(t, err)
			return changedMind
		}), changedMind)
		require.Equal(t, 1, count(t, env.DB))
		require.Equal(t, int64(60), availableAt(t, env.DB, user, noon.Add(time.Minute)))
		_, err := generations.Settle(ctx, env.DB, settle(genID, 9, time.Minute))
		require.NoError(t, err)
		requireSound(t, env.DB)
	})
}

func availableAt(t *testing.T, db bun.IDB, user string, at time.Time) int64 {
	t.Helper()
	b, err := credits.Balance(context.Background(), db, credits.BalanceParams{UserUUID: user, At: at})
	require.NoError(t, err)
	return b.Available
}
