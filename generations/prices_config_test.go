package generations_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/providers"
)

func TestParsePrices(t *testing.T) {
	for text, want := range map[string]generations.PriceList{
		"":                             nil,
		"{}":                           nil,
		` {"models": ["kling-v1"]}`:    nil,
		`{"prices": {}}`:               nil,
		`{"Prices": 3, "PRICES": "x"}`: nil,
		`{"x": 1, "x": 2}`:             nil,
		`{"x": {"prices": 3}, "prices": {"video": {"b": 9007199254740992, "a/b.c-1": 1}, "image": {"b": 3}}}`: {
			{generations.TypeImage, "acme", "b", 3},
			{generations.TypeVideo, "acme", "a/b.c-1", 1},
			{generations.TypeVideo, "acme", "b", 9007199254740992},
		},
	} {
		got, err := generations.ParsePrices("acme", text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for text, path := range map[string]string{
		"not json": "", "null": "", "[]": "", `"x"`: "", `{"prices": {}`: "",
		`{"prices": null}`:                                        "prices",
		`{"prices": [1]}`:                                         "prices",
		`{"prices": {"Video": {"a": 1}}}`:                         "prices.Video",
		`{"prices": {"video": 3}}`:                                "prices.video",
		`{"prices": {"video": null}}`:                             "prices.video",
		`{"prices": {"video": {"": 1}}}`:                          "prices.video",
		`{"prices": {"video": {"a": 10, "b": 1, "\u0061": 500}}}`: "prices.video.a",
		`{"prices": {"video": {"a": 10}, "video": {"a": 500}}}`:   "prices.video",
		`{"prices": {}, "prices": {"video": {"a": 500}}}`:         "prices",
		// What else is there twice is nobody's price, and hides none.
		`{"x": 1, "x": {"y": 1, "y": 2}, "prices": {"video": {"a": 10, "a": 1}}}`: "prices.video.a",
		`{"prices": {"video": {"a": "10"}}}`:                                      "prices.video.a",
		`{"prices": {"video": {"a": -1}}}`:                                        "prices.video.a",
		`{"prices": {"video": {"a": 1.5}}}`:                                       "prices.video.a",
		`{"prices": {"video": {"a": 1e1}}}`:                                       "prices.video.a",
		`{"prices": {"video": {"a": null}}}`:                                      "prices.video.a",
		`{"prices": {"video": {"a": 1, "b": {"c": 3}}}}`:                          "prices.video.b",
		`{"prices": {"video": {"a": 9007199254740993}}}`:                          "prices.video.a",
		`{"prices": {"video": {"a": 99999999999999999999999999999}}}`:             "prices.video.a",
	} {
		_, err := generations.ParsePrices("acme", text)
		var malformed *generations.PriceError
		require.ErrorAs(t, err, &malformed, text)
		require.ErrorIs(t, err, generations.ErrPrices)
		require.Equal(t, path, malformed.Path, text)
		require.Contains(t, err.Error(), "model_config of AI provider acme: "+path)
	}
}

func TestLookupRefusesTwoPrices(t *testing.T) {
	t.Parallel()
	prices := append(generations.DefaultPrices(), generations.Price{
		AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Credits: 500,
	})
	_, err := prices.Lookup(generations.TypeImage, "openai", "dall-e-3")
	var invalid *generations.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "Prices[6]", invalid.Field)
	_, err = prices.Lookup(generations.TypeVideo, "kling", "kling-v1")
	require.NoError(t, err, "what is there once is sold")
}

func FuzzParsePrices(f *testing.F) {
	f.Add(`{"prices": {"video": {"kling-v1": 10}}, "models": []}`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := generations.ParsePrices("acme", text)
		if err != nil {
			require.ErrorIs(t, err, generations.ErrPrices)
			require.Empty(t, list)
			return
		}
		// Every price can be looked up, and says what it said.
		prices := map[generations.AIType]map[string]json.Number{}
		for _, p := range list {
			got, err := list.Lookup(p.AIType, "acme", p.Model)
			require.NoError(t, err)
			require.Equal(t, p.Credits, got)
			if prices[p.AIType] == nil {
				prices[p.AIType] = map[string]json.Number{}
			}
			prices[p.AIType][p.Model] = json.Number(strconv.FormatInt(p.Credits, 10))
		}
		again, err := json.Marshal(map[string]any{"prices": prices})
		require.NoError(t, err)
		back, err := generations.ParsePrices("acme", string(again))
		require.NoError(t, err)
		require.Equal(t, list, back)
	})
}

// provide stores a provider as another program would, without a key.
func provide(t *testing.T, db bun.IDB, name, config string, enabled bool) {
	t.Helper()
	_, err := db.NewInsert().Model(&providers.Key{
		ProviderName: providers.Name(name), ModelConfig: config, IsEnabled: providers.Switch(enabled),
	}).Exec(context.Background())
	require.NoError(t, err)
}

func TestProviders(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 1000)
		list, err := generations.ProviderPrices(ctx, env.DB, generations.ProviderPricesParams{})
		require.NoError(t, err)
		require.NotNil(t, list, "nil would sell everything at the default prices")
		require.Empty(t, list)

		provide(t, env.DB, "kling", `{"prices": {"video": {"kling-v1": 12, "kling-v2": 20}, "text": {"kling-t": 1}}, "models": 3}`, true)
		provide(t, env.DB, "openai", "", true)
		provide(t, env.DB, "seedance", "", false)
		provide(t, env.DB, "replicate", "not json", true)

		list, err = generations.ProviderPrices(ctx, env.DB, generations.ProviderPricesParams{})
		require.EqualError(t, err, "model_config of AI provider replicate: not a JSON object")
		require.ErrorIs(t, err, generations.ErrPrices)
		require.Equal(t, generations.PriceList{
			{generations.TypeText, "kling", "kling-t", 1},
			{generations.TypeVideo, "kling", "kling-v1", 12},
			{generations.TypeVideo, "kling", "kling-v2", 20},
			{generations.TypeImage, "kling", "kling-v1", 4},
			{generations.TypeVideo, "kling", "kling-v1-6", 10},
			{generations.TypeImage, "openai", "dall-e-3", 5},
		}, list)
		own, err := generations.ProviderPrices(ctx, env.DB, generations.ProviderPricesParams{Prices: generations.PriceList{}})
		require.ErrorIs(t, err, generations.ErrPrices)
		require.Equal(t, list[:3], own)

		type try struct {
			aiType          generations.AIType
			provider, model string
			cost            int64
			want            any
		}
		for _, c := range []try{
			{"video", "kling", "kling-v1", 0, int64(12)},
			{"video", "kling", "kling-v2", 0, int64(20)},
			{"video", "kling", "kling-v1-6", 0, int64(10)},
			{"text", "kling", "kling-t", 0, int64(1)},
			{"image", "openai", "dall-e-3", 0, int64(5)},
			{"image", "openai", "dall-e-3", 9, int64(9)},
			{"video", "seedance", "doubao-seedance-1-0-pro-250528", 0, "Unsupported video provider: seedance"},
			{"video", "seedance", "doubao-seedance-1-0-pro-250528", 9, "Unsupported video provider: seedance"},
			{"video", "X", "x", 9, "Unsupported video provider: X"},
			{"video", "Kling", "kling-v1", 0, "Unsupported video provider: Kling"},
			{"video", "kling", "kling-v9", 0, "Unsupported video model: kling-v9"},
		} {
			for name, prices := range map[string]generations.PriceList{"required": nil, "listed": list} {
				if name == "listed" && c.cost != 0 {
					continue // a price of the caller's own is not looked up
				}
				p := image(user)
				p.AIType, p.Provider, p.Model, p.Cost, p.Prices = c.aiType, c.provider, c.model, c.cost, prices
				p.RequireProvider = name == "required"
				got, err := generations.ChargeGeneration(ctx, env.DB, p)
				if text, refused := c.want.(string); refused {
					require.EqualError(t, err, text, name)
					require.ErrorIs(t, err, generations.ErrUnsupported)
					continue
				}
				require.NoError(t, err, name)
				require.Equal(t, c.want, got.Operation.Amount, name)
			}
		}
		p := image(user)
		p.Provider, p.Model, p.RequireProvider = "replicate", "black-forest-labs/flux-schnell", true
		_, err = generations.ChargeGeneration(ctx, env.DB, p)
		require.ErrorIs(t, err, generations.ErrPrices)
		h := stream(user)
		h.AIType, h.Provider, h.Model, h.MaxCost, h.RequireProvider = "video", "kling", "kling-v2", 0, true
		got, err := generations.HoldGeneration(ctx, env.DB, h)
		require.NoError(t, err)
		require.Equal(t, int64(20), got.Operation.Amount)
	})
}

// TestReplayOfWhatIsNotSoldAnyMore repeats requests whose provider was switched
// off and whose price is gone.
func TestReplayOfWhatIsNotSoldAnyMore(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 100)
		provide(t, env.DB, "openai", "", true)
		for _, p := range []generations.ChargeParams{{Key: "request 1"}, {GenID: "gen_mine"}, {Key: "request 2", GenID: "gen_other"}} {
			q := image(user)
			q.Key, q.GenID, q.RequireProvider = p.Key, p.GenID, true
			first, err := generations.ChargeGeneration(ctx, env.DB, q)
			require.NoError(t, err)
			_, err = providers.Disable(ctx, env.DB, providers.SwitchParams{Provider: "openai"})
			require.NoError(t, err)
			again, err := generations.ChargeGeneration(ctx, env.DB, q)
			require.NoError(t, err)
			require.True(t, again.Replayed)
			require.Equal(t, first.Operation.Entries, again.Operation.Entries)
			q.RequireProvider, q.Prices = false, generations.PriceList{}
			_, err = generations.ChargeGeneration(ctx, env.DB, q)
			require.NoError(t, err)
			q.Prompt += "."
			_, err = generations.ChargeGeneration(ctx, env.DB, q)
			require.ErrorIs(t, err, generations.ErrKeyReused)
			if q.Key += "-more"; q.GenID != "" {
				q.GenID += "_more"
			}
			_, err = generations.ChargeGeneration(ctx, env.DB, q)
			require.EqualError(t, err, "Unsupported image provider: openai")
			_, err = providers.Enable(ctx, env.DB, providers.SwitchParams{Provider: "openai"})
			require.NoError(t, err)
		}
		require.Equal(t, int64(85), available(t, env.DB, user))
	})
}
