package chameleon_test

import (
	"encoding/json"
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

var resultURLs = []string{"https://cdn.example.com/1.png", "https://cdn.example.com/2.png"}

// prices are those of the specification.
var prices = []generations.Price{
	{AIType: "image", Provider: "openai", Model: "dall-e-3", Credits: 5},
	{AIType: "image", Provider: "replicate", Model: "black-forest-labs/flux-schnell", Credits: 3},
	{AIType: "image", Provider: "kling", Model: "kling-v1", Credits: 4},
	{AIType: "video", Provider: "seedance", Model: "doubao-seedance-1-0-pro-250528", Credits: 10},
	{AIType: "video", Provider: "kling", Model: "kling-v1", Credits: 10},
	{AIType: "video", Provider: "kling", Model: "kling-v1-6", Credits: 10},
}

var generationRules = []rule{
	{name: "gen_id_unique_and_prefixed", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		a, b := generate(t, env.DB, u, generations.ChargeParams{}), generate(t, env.DB, u, generations.ChargeParams{})
		assert.Regexp(t, `^gen_\w+$`, a.GenID)
		assert.NotEqual(t, a.GenID, b.GenID)
		_, err := generations.ChargeGeneration(t.Context(), env.DB, generations.ChargeParams{
			UserUUID: member(t, env.DB).UUID, AIType: "image", Provider: "openai", Model: "dall-e-3", Prompt: "mine", GenID: a.GenID, At: lastDay,
		})
		if env.Sharded { // a GenID is one of its user's: docs/sharding.md
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, generations.ErrKeyReused)
	}},
	{name: "new_ones_are_pending", holds: func(t *testing.T, env *enginetest.Env) {
		assert.Equal(t, generations.StatusPending, generate(t, env.DB, member(t, env.DB).UUID, generations.ChargeParams{}).Status)
	}},
	{name: "status_goes_these_ways_only", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		allowed := map[[2]generations.Status]bool{
			{"pending", "processing"}: true, {"pending", "completed"}: true, {"pending", "failed"}: true,
			{"processing", "completed"}: true, {"processing", "failed"}: true,
		}
		all := []generations.Status{"pending", "processing", "completed", "failed"}
		together(t, env.DB, func(tx bun.Tx) {
			for _, from := range all {
				for _, to := range all[1:] {
					id := generate(t, tx, u, generations.ChargeParams{}).GenID
					if from != "pending" {
						ok(send(t, tx, id, from))(t)
					}
					r, err := send(t, tx, id, to)
					switch {
					case from == to:
						require.NoError(t, err)
						assert.True(t, r.Replayed)
					case allowed[[2]generations.Status{from, to}]:
						require.NoError(t, err, "%s to %s", from, to)
						assert.Equal(t, to, r.Generation.Status)
					default:
						var state *generations.StateError
						require.ErrorAs(t, err, &state, "%s to %s", from, to)
						assert.Equal(t, generations.StateError{GenID: id, From: from, To: to}, *state)
					}
				}
			}
		})
	}},
	{name: "result_urls_is_a_json_array", holds: func(t *testing.T, env *enginetest.Env) {
		id := generate(t, env.DB, member(t, env.DB).UUID, generations.ChargeParams{}).GenID
		_, err := generations.Complete(t.Context(), env.DB, generations.CompleteParams{GenID: id, ResultURLs: []string{"no URL"}})
		require.ErrorIs(t, err, generations.ErrInvalid)
		ok(send(t, env.DB, id, "completed"))(t)
		g := ok(generations.Get(t.Context(), env.DB, generations.GetParams{GenID: id}))(t)
		var list []string
		require.NoError(t, json.Unmarshal([]byte(g.ResultURLs), &list))
		assert.Equal(t, resultURLs, list)
	}},
	{name: "starting_charges_in_one_transaction", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		var id string
		undone(t, env.DB, func(tx bun.Tx) {
			id = generate(t, tx, u, generations.ChargeParams{}).GenID
			assert.Equal(t, int64(95), balance(t, tx, u, lastDay).Available)
		})
		_, err := generations.Get(t.Context(), env.DB, generations.GetParams{GenID: id})
		require.ErrorIs(t, err, generations.ErrNotFound)
		assert.Equal(t, int64(100), balance(t, env.DB, u, lastDay).Available)
		_, err = generations.ChargeGeneration(t.Context(), env.DB, generations.ChargeParams{
			UserUUID: u, AIType: "text", Provider: "deepseek", Model: "chat", Prompt: "much", Cost: 101, At: lastDay,
		})
		require.EqualError(t, err, "insufficient credits: need 101, have 100")
		assert.Empty(t, ok(generations.List(t.Context(), env.DB, generations.ListParams{UserUUID: u}))(t).Items)
	}},
	{name: "failing_gives_back_to_the_very_grants_once", holds: func(t *testing.T, env *enginetest.Env) {
		u := uuid.NewString()
		for _, days := range []int{1, 2} {
			grant(t, env.DB, credits.GrantParams{UserUUID: u, Amount: 3, ExpiresAt: lastDay.AddDate(0, 0, days)})
		}
		r := ok(generations.ChargeGeneration(t.Context(), env.DB, charge(u, generations.ChargeParams{})))(t)
		taken := map[int64]int64{}
		for _, e := range r.Operation.Entries {
			taken[e.Lot] += e.Credits
		}
		require.Len(t, taken, 2)
		for i := range 2 {
			failed := ok(generations.Fail(t.Context(), env.DB, generations.FailParams{GenID: r.Generation.GenID, Message: "no", At: lastDay}))(t)
			assert.Equal(t, i == 1, failed.Replayed)
			assert.Equal(t, int64(6), balance(t, env.DB, u, lastDay).Available)
			if i == 0 {
				for _, e := range failed.Operation.Entries {
					taken[e.Lot] += e.Credits
				}
			}
		}
		for lot, left := range taken {
			assert.Zero(t, left, "grant %d", lot)
		}
		assert.Equal(t, int64(3), balance(t, env.DB, u, lastDay.AddDate(0, 0, 1)).Available)
	}},
	{name: "invalid_params_are_named", holds: func(t *testing.T, env *enginetest.Env) {
		_, err := generations.ChargeGeneration(t.Context(), env.DB, generations.ChargeParams{UserUUID: uuid.NewString()})
		require.EqualError(t, err, "invalid params: ai_type, provider, model, prompt required")
	}},
	{name: "unsupported_provider_is_named", holds: func(t *testing.T, env *enginetest.Env) {
		p := generations.ChargeParams{UserUUID: uuid.NewString(), AIType: "video", Provider: "X", Model: "m", Prompt: "p"}
		_, err := generations.ChargeGeneration(t.Context(), env.DB, p)
		require.EqualError(t, err, "Unsupported video provider: X")
		p.AIType, p.Provider, p.RequireProvider, p.Cost = "image", "openai", true, 5 // for sale, and not enabled
		_, err = generations.ChargeGeneration(t.Context(), env.DB, p)
		require.EqualError(t, err, "Unsupported image provider: openai")
	}},
	{name: "prices", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		assert.ElementsMatch(t, prices, []generations.Price(generations.DefaultPrices()))
		together(t, env.DB, func(tx bun.Tx) {
			for _, p := range prices {
				g := generate(t, tx, u, generations.ChargeParams{AIType: p.AIType, Provider: p.Provider, Model: p.Model})
				assert.Equal(t, p.Credits, g.CreditsCost)
			}
		})
		assert.Equal(t, int64(100-42), balance(t, env.DB, u, lastDay).Available)
	}},
	{name: "text_costs_what_the_caller_says", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		p := charge(u, generations.ChargeParams{AIType: "text", Provider: "deepseek", Model: "deepseek-chat"})
		_, err := generations.ChargeGeneration(t.Context(), env.DB, p)
		require.ErrorIs(t, err, generations.ErrInvalid)
		p.Cost = 2
		assert.Equal(t, int64(2), ok(generations.ChargeGeneration(t.Context(), env.DB, p))(t).Operation.Amount)
	}},
	{name: "prices_are_data", holds: func(t *testing.T, env *enginetest.Env) {
		list := generations.PriceList{{AIType: "image", Provider: "ours", Model: "v1", Credits: 8}}
		g := generate(t, env.DB, member(t, env.DB).UUID, generations.ChargeParams{Provider: "ours", Model: "v1", Prices: list})
		assert.Equal(t, int64(8), g.CreditsCost)
		parsed := ok(generations.ParsePrices("ours", `{"prices": {"image": {"v1": 8}}}`))(t)
		assert.Equal(t, list, parsed, "as they stand in a provider's model_config")
	}},
	{name: "history_is_the_users_newest_first", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		generate(t, env.DB, member(t, env.DB).UUID, generations.ChargeParams{})
		old := generate(t, env.DB, u, generations.ChargeParams{})
		late := generate(t, env.DB, u, generations.ChargeParams{At: lastDay.Add(time.Second)})
		assert.Equal(t, []string{late.GenID, old.GenID}, history(t, env.DB, u))
	}},
	{name: "stuck_ones_are_failed_with_their_credits_back", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		at := lastDay.AddDate(0, 6, 0)
		stuck := generate(t, env.DB, u, generations.ChargeParams{At: at}).GenID
		ok(generations.Start(t.Context(), env.DB, generations.StartParams{GenID: stuck, At: at}))(t)
		fresh := generate(t, env.DB, u, generations.ChargeParams{At: at.Add(time.Hour)}).GenID
		r := ok(generations.FailStuck(t.Context(), env.DB, generations.FailStuckParams{
			OlderThan: time.Hour, Status: "processing", At: at.Add(90 * time.Minute), Limit: 1,
		}))(t)
		require.Len(t, r.Failed, 1)
		assert.Equal(t, stuck, r.Failed[0].GenID)
		assert.Equal(t, int64(5), r.Credits)
		assert.Equal(t, int64(95), balance(t, env.DB, u, at.Add(2*time.Hour)).Available)
		left := ok(generations.Get(t.Context(), env.DB, generations.GetParams{GenID: fresh}))(t)
		assert.Equal(t, generations.StatusPending, left.Status)
	}},
}

// charge fills in an image of 5 credits.
func charge(user string, p generations.ChargeParams) generations.ChargeParams {
	p.UserUUID, p.Prompt = user, "a chameleon"
	if p.AIType == "" {
		p.AIType = generations.TypeImage
	}
	if p.Provider == "" {
		p.Provider, p.Model = "openai", "dall-e-3"
	}
	if p.At.IsZero() {
		p.At = lastDay
	}
	return p
}

func generate(t *testing.T, db bun.IDB, user string, p generations.ChargeParams) *generations.Generation {
	t.Helper()
	return ok(generations.ChargeGeneration(t.Context(), db, charge(user, p)))(t).Generation
}

// send calls the verb that sends a generation to a status.
func send(t *testing.T, db bun.IDB, id string, to generations.Status) (*generations.Result, error) {
	t.Helper()
	switch to {
	case generations.StatusProcessing:
		return generations.Start(t.Context(), db, generations.StartParams{GenID: id, At: lastDay})
	case generations.StatusCompleted:
		return generations.Complete(t.Context(), db, generations.CompleteParams{GenID: id, ResultURLs: resultURLs, At: lastDay})
	default:
		return generations.Fail(t.Context(), db, generations.FailParams{GenID: id, Message: "no", At: lastDay})
	}
}

func history(t *testing.T, db bun.IDB, user string) []string {
	t.Helper()
	var list []string
	for _, g := range ok(generations.List(t.Context(), db, generations.ListParams{UserUUID: user}))(t).Items {
		list = append(list, g.GenID)
	}
	return list
}
