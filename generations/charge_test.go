package generations_test

import (
	"context"
	"database/sql"
	"errors"
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
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// rich returns a user with credits.
func rich(t *testing.T, db bun.IDB, amount int64) string {
	t.Helper()
	user := uuid.NewString()
	_, err := credits.GrantNewUserCredits(context.Background(), db, credits.GrantNewUserCreditsParams{UserUUID: user, Amount: amount, At: noon})
	require.NoError(t, err)
	return user
}

func available(t *testing.T, db bun.IDB, user string) int64 {
	t.Helper()
	b, err := credits.Balance(context.Background(), db, credits.BalanceParams{UserUUID: user, At: noon.Add(time.Hour)})
	require.NoError(t, err)
	return b.Available
}

func count(t *testing.T, db bun.IDB) int {
	t.Helper()
	n, err := db.NewSelect().Model((*generations.Generation)(nil)).Count(context.Background())
	require.NoError(t, err)
	return int(n)
}

func image(user string) generations.ChargeParams {
	return generations.ChargeParams{
		UserUUID: user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3",
		Prompt: "A futuristic city; DROP TABLE users; -- 'x' \\ 🏙", At: noon,
	}
}

func TestChargeGeneration(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		got, err := generations.ChargeGeneration(ctx, env.DB, image(user))
		require.NoError(t, err)
		assert.False(t, got.Replayed)
		assert.Equal(t, int64(5), got.Operation.Amount)
		assert.Equal(t, int64(95), got.Operation.Available)
		assert.Equal(t, credits.TypeAIGeneration, got.Operation.Type)
		assert.Equal(t, got.Generation.GenID, got.Operation.Entries[0].GenID)

		g, err := generations.Get(ctx, env.DB, generations.GetParams{GenID: got.Generation.GenID, UserUUID: user})
		require.NoError(t, err)
		assert.Regexp(t, `^gen_[a-z2-7]{26}$`, g.GenID)
		assert.Equal(t, image(user).Prompt, g.Prompt)
		assert.Equal(t, generations.StatusPending, g.Status)
		assert.Equal(t, int64(5), g.CreditsCost)
		assert.True(t, noon.Equal(g.CreatedAt))
		assert.Zero(t, g.CompletedAt)
		assert.Equal(t, int64(95), available(t, env.DB, user))

		// Without a key, every call charges.
		again, err := generations.ChargeGeneration(ctx, env.DB, image(user))
		require.NoError(t, err)
		assert.NotEqual(t, g.GenID, again.Generation.GenID)
		assert.Equal(t, int64(90), available(t, env.DB, user))
	})
}

func TestChargeGenerationPrices(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 1000)
		left := int64(1000)
		charge := func(p generations.ChargeParams, want int64) {
			got, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			left -= want
			require.Equal(t, want, got.Generation.CreditsCost)
			require.Equal(t, left, got.Operation.Available)
		}
		for _, price := range []struct {
			aiType          generations.AIType
			provider, model string
			credits         int64
		}{
			{"image", "openai", "dall-e-3", 5},
			{"image", "replicate", "black-forest-labs/flux-schnell", 3},
			{"image", "kling", "kling-v1", 4},
			{"video", "seedance", "doubao-seedance-1-0-pro-250528", 10},
			{"video", "kling", "kling-v1", 10},
			{"video", "kling", "kling-v1-6", 10},
		} {
			p := image(user)
			p.AIType, p.Provider, p.Model = price.aiType, price.provider, price.model
			charge(p, price.credits)
		}
		text := image(user)
		text.AIType, text.Provider, text.Model, text.Cost = generations.TypeText, "deepseek", "deepseek-chat", 2
		charge(text, 2)
		dearer := image(user)
		dearer.Cost = 50
		charge(dearer, 50)
		own := image(user)
		own.Provider, own.Model = "acme", "acme-1"
		own.Prices = generations.PriceList{{AIType: generations.TypeImage, Provider: "acme", Model: "acme-1", Credits: 7}}
		charge(own, 7)
	})
}

func TestChargeGenerationRefuses(t *testing.T) {
	type params = generations.ChargeParams
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		try := func(change func(*params)) error {
			p := image(user)
			change(&p)
			_, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.ErrorIs(t, err, generations.ErrInvalid)
			return err
		}
		for _, change := range []func(*params){
			func(p *params) { p.AIType = "" },
			func(p *params) { p.Provider = "" },
			func(p *params) { p.Model = " " },
			func(p *params) { p.Prompt = "" },
		} {
			require.EqualError(t, try(change), "invalid params: ai_type, provider, model, prompt required")
		}
		require.EqualError(t, try(func(p *params) { p.AIType, p.Provider = "video", "X" }), "Unsupported video provider: X")
		require.EqualError(t, try(func(p *params) { p.Model = "dall-e-9" }), "Unsupported image model: dall-e-9")

		for field, change := range map[string][]func(*params){
			"UserUUID": {func(p *params) { p.UserUUID = "" }, func(p *params) { p.UserUUID = "ada" }},
			"AIType":   {func(p *params) { p.AIType = "Audio" }, func(p *params) { p.AIType = generations.AIType(strings.Repeat("a", 51)) }},
			"Provider": {func(p *params) { p.Provider = strings.Repeat("x", 51) }, func(p *params) { p.Provider = "openai " }},
			"Model":    {func(p *params) { p.Model = strings.Repeat("x", 256) }},
			"Prompt": {
				func(p *params) { p.Prompt = "a\x00b" },
				func(p *params) { p.Prompt = "\xff" },
				func(p *params) { p.Prompt = strings.Repeat("x", 65_536) },
			},
			"Cost": {
				func(p *params) { p.Cost = -5 },
				func(p *params) { p.Cost = 1<<53 + 1 },
				func(p *params) { p.AIType = generations.TypeText },
				func(p *params) { p.Cost, p.Free = 5, true },
			},
			"GenID": {func(p *params) { p.GenID = strings.Repeat("x", 201) }},
			"Key":   {func(p *params) { p.Key = " k" }, func(p *params) { p.Key = strings.Repeat("x", 256) }},
			"At":    {func(p *params) { p.At = time.Unix(-1, 0) }},
			"Prices[0].Credits": {func(p *params) {
				p.Prices = generations.PriceList{{AIType: p.AIType, Provider: p.Provider, Model: p.Model, Credits: -1}}
			}},
		} {
			for _, c := range change {
				var invalid *generations.InvalidError
				require.ErrorAs(t, try(c), &invalid, field)
				require.Equal(t, field, invalid.Field)
			}
		}
		require.Zero(t, count(t, env.DB))
		require.Equal(t, int64(100), available(t, env.DB, user))
	})
}

func TestChargeGenerationWithoutTheCredits(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 9)
		stranger := uuid.NewString()
		for who, have := range map[string]int64{user: 9, stranger: 0} {
			p := image(who)
			p.Cost = 10
			_, err := generations.ChargeGeneration(ctx, env.DB, p)
			var insufficient *credits.InsufficientError
			require.ErrorAs(t, err, &insufficient)
			require.EqualError(t, insufficient, fmt.Sprintf("insufficient credits: need 10, have %d", have))
		}
		require.Zero(t, count(t, env.DB))

		// A caller's transaction goes on after the refusal, and commits. The
		// key is free.
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			p := image(user)
			p.Cost, p.Key, p.GenID = 10, "k", "gen_mine"
			_, err := generations.ChargeGeneration(ctx, tx, p)
			require.ErrorIs(t, err, generations.ErrInsufficient)
			require.Zero(t, count(t, tx))
			p.Cost = 9
			_, err = generations.ChargeGeneration(ctx, tx, p)
			return err
		}))
		require.Equal(t, 1, count(t, env.DB))
		require.Zero(t, available(t, env.DB, user))
	})
}

func TestChargeGenerationReplays(t *testing.T) {
	type params = generations.ChargeParams
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		p := image(user)
		p.Key, p.Metadata = "request 1", map[string]any{"page": "home"}
		first, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)

		// A replay outlives a change of prices and the generation's own life.
		_, err = generations.Complete(ctx, env.DB, generations.CompleteParams{
			GenID: first.Generation.GenID, ResultURLs: []string{"https://cdn.example.com/1.png"},
		})
		require.NoError(t, err)
		p.Prices = generations.PriceList{{AIType: p.AIType, Provider: p.Provider, Model: p.Model, Credits: 60}}
		p.At = noon.Add(time.Hour)
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			again, err := generations.ChargeGeneration(ctx, tx, p)
			require.NoError(t, err)
			require.True(t, again.Replayed)
			require.True(t, again.Operation.Replayed)
			require.Equal(t, first.Generation.GenID, again.Generation.GenID)
			require.Equal(t, generations.StatusCompleted, again.Generation.Status)
			require.Equal(t, first.Operation.Entries, again.Operation.Entries)
			require.Equal(t, int64(5), again.Operation.Amount)

			for name, change := range map[string]func(*params){
				"provider": func(p *params) { p.Provider, p.Cost = "kling", 5 },
				"model":    func(p *params) { p.Model, p.Cost = "dall-e-2", 5 },
				"prompt":   func(p *params) { p.Prompt += "." },
				"type":     func(p *params) { p.AIType, p.Cost = generations.TypeText, 5 },
				"cost":     func(p *params) { p.Cost = 6 },
				"gen id":   func(p *params) { p.GenID = "gen_other" },
				"metadata": func(p *params) { p.Metadata = nil },
			} {
				other := p
				change(&other)
				_, err := generations.ChargeGeneration(ctx, tx, other)
				require.ErrorIs(t, err, generations.ErrKeyReused, name)
			}
			return nil
		}))
		require.Equal(t, 1, count(t, env.DB))
		require.Equal(t, int64(95), available(t, env.DB, user))

		// Another user's keys are their own; their GenIDs are everyone's.
		p = image(rich(t, env.DB, 100))
		p.Key, p.GenID = "request 1", "gen_mine"
		other, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		require.False(t, other.Replayed)
		if env.Sharded { // where GenIDs are the user's own
			return
		}
		p = image(user)
		p.GenID = "gen_mine"
		_, err = generations.ChargeGeneration(ctx, env.DB, p)
		var reused *generations.KeyReusedError
		require.ErrorAs(t, err, &reused)
		require.Equal(t, "gen_mine", reused.Key)
		require.Equal(t, int64(95), available(t, env.DB, user))
	})
}

func TestChargeGenerationReplaysByGenID(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		p := image(user)
		p.GenID = "gen_mine"
		_, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		again, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		p.Prompt = "another"
		_, err = generations.ChargeGeneration(ctx, env.DB, p)
		require.ErrorIs(t, err, generations.ErrKeyReused)
		require.Equal(t, int64(95), available(t, env.DB, user))
	})
}

func TestChargeGenerationConcurrentlyWithOneKey(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := rich(t, env.DB, 100)
		p := image(user)
		p.Key = "request 1"
		results := make([]*generations.Result, 20)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() {
				got, err := generations.ChargeGeneration(context.Background(), env.DB, p)
				if assert.NoError(t, err) {
					results[i] = got
				}
			})
		}
		all.Wait()
		originals := 0
		for _, r := range results {
			require.NotNil(t, r)
			if !r.Replayed {
				originals++
			}
			require.Equal(t, results[0].Generation.GenID, r.Generation.GenID)
			require.Equal(t, results[0].Operation.Entries, r.Operation.Entries)
		}
		require.Equal(t, 1, originals)
		require.Equal(t, 1, count(t, env.DB))
		require.Equal(t, int64(95), available(t, env.DB, user))
	})
}

func TestChargeGenerationConcurrentlyWithOneKeyWithoutTheCredits(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := rich(t, env.DB, 4)
		p := image(user)
		p.Key = "request 1"
		errs := make([]error, 20)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = generations.ChargeGeneration(context.Background(), env.DB, p) })
		}
		all.Wait()
		for _, err := range errs {
			assert.ErrorIs(t, err, generations.ErrInsufficient)
		}
		assert.Zero(t, count(t, env.DB))
		assert.Equal(t, int64(4), available(t, env.DB, user))
	})
}

// TestChargeGenerationAgainstAnOldSnapshot is a caller whose transaction cannot
// see the generation that has the key.
func TestChargeGenerationAgainstAnOldSnapshot(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		capabilities := dialect.Of(env.DB)
		if !capabilities.LocksRows() {
			// One writer at a time: no other can commit under a transaction.
			require.Equal(t, dialect.SQLite, capabilities.Engine)
			return
		}
		user := rich(t, env.DB, 100)
		p := image(user)
		p.Key = "request 1"
		tx, err := env.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		require.Zero(t, count(t, tx), "the snapshot is taken")

		first, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		again, err := generations.ChargeGeneration(ctx, tx, p)
		if capabilities.Engine == dialect.PostgreSQL {
			require.ErrorIs(t, err, dialect.ErrTransient)
		} else {
			require.NoError(t, err)
			require.True(t, again.Replayed)
			require.Equal(t, first.Generation.GenID, again.Generation.GenID)
			require.NoError(t, tx.Commit())
		}
		require.Equal(t, int64(95), available(t, env.DB, user))
	})
}

func TestChargeGenerationConcurrentlyForTheLastCredits(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := rich(t, env.DB, 100)
		p := image(user)
		p.Cost = 9 // 11 of 50 can be paid for
		errs := make([]error, 50)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = generations.ChargeGeneration(context.Background(), env.DB, p) })
		}
		all.Wait()
		paid := 0
		for _, err := range errs {
			if err == nil {
				paid++
				continue
			}
			assert.ErrorIs(t, err, generations.ErrInsufficient)
		}
		assert.Equal(t, 11, paid)
		assert.Equal(t, 11, count(t, env.DB))
		assert.Equal(t, int64(1), available(t, env.DB, user))
	})
}

func TestChargeGenerationInATransactionThatIsRolledBack(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		p := image(user)
		p.Key = "request 1"
		changedMind := errors.New("cancelled by the caller")
		require.ErrorIs(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := generations.ChargeGeneration(ctx, tx, p)
			require.NoError(t, err)
			return changedMind
		}), changedMind)
		require.Zero(t, count(t, env.DB))
		require.Equal(t, int64(100), available(t, env.DB, user))
		again, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		require.False(t, again.Replayed, "the key is free again")

		canceled, cancel := context.WithCancel(ctx)
		cancel()
		_, err = generations.ChargeGeneration(canceled, env.DB, image(user))
		require.ErrorIs(t, err, dialect.ErrCanceled)
		require.Equal(t, 1, count(t, env.DB))
	})
}
