package generations

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/jsonkeys"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/providers"
)

// ParsePrices reads the prices in a provider's model_config. There are none if it is
// empty or has no member "prices". They are listed by type and model as whole numbers
// of credits, 0 for free; other members of the object are ignored:
//
//	{
//	  "prices": {
//	    "image": {"kling-v1": 4},
//	    "video": {"kling-v1": 10, "kling-v1-6": 12}
//	  }
//	}
//
// Errors: a *PriceError when the text is not a JSON object, when "prices" is not
// of this form, or when it has a price twice.
func ParsePrices(provider, modelConfig string) (PriceList, error) {
	if modelConfig == "" {
		return nil, nil
	}
	var config map[string]json.RawMessage
	if err := json.Unmarshal([]byte(modelConfig), &config); err != nil || config == nil {
		return nil, &PriceError{Provider: provider, Problem: "not a JSON object"}
	}
	raw, ok := config["prices"]
	if !ok {
		return nil, nil
	}
	if twice := jsonkeys.TwiceIn([]byte(modelConfig), "prices"); twice != nil {
		return nil, &PriceError{Provider: provider, Path: strings.Join(twice, "."), Problem: "there twice"}
	}
	var types map[AIType]json.RawMessage
	if err := json.Unmarshal(raw, &types); err != nil || types == nil {
		return nil, &PriceError{Provider: provider, Path: "prices", Problem: "not a JSON object"}
	}
	var list PriceList
	for _, aiType := range slices.Sorted(maps.Keys(types)) {
		prices, err := parseModels(provider, aiType, types[aiType])
		if err != nil {
			return nil, err
		}
		list = append(list, prices...)
	}
	return list, nil
}

// parseModels reads the prices of one type.
func parseModels(provider string, aiType AIType, raw json.RawMessage) (PriceList, error) {
	path := "prices." + string(aiType)
	if !aiType.Valid() {
		return nil, &PriceError{Provider: provider, Path: path, Problem: "not the name of a type"}
	}
	var models map[string]json.RawMessage
	if err := json.Unmarshal(raw, &models); err != nil || models == nil {
		return nil, &PriceError{Provider: provider, Path: path, Problem: "not a JSON object"}
	}
	list := make(PriceList, 0, len(models))
	for _, model := range slices.Sorted(maps.Keys(models)) {
		if valid.Identifier("", model, maxName) != nil {
			return nil, &PriceError{Provider: provider, Path: path, Problem: "holds a name that no model can have"}
		}
		amount, err := strconv.ParseInt(string(models[model]), 10, 64)
		if err != nil || valid.AmountOrZero("", amount) != nil {
			return nil, &PriceError{
				Provider: provider, Path: path + "." + model,
				Problem: "not a whole number of credits from 0 to " + strconv.Itoa(valid.MaxAmount),
			}
		}
		list = append(list, Price{AIType: aiType, Provider: provider, Model: model, Credits: amount})
	}
	return list, nil
}

// ProviderPricesParams configure [ProviderPrices].
type ProviderPricesParams struct {
	// Prices are used for what the providers' own configurations do not price;
	// nil means DefaultPrices, an empty list none.
	Prices PriceList
}

// ProviderPrices returns the price list of the enabled providers: the prices in
// each one's model_config ([ParsePrices]), completed by p.Prices.
// [ChargeGeneration] refuses whatever the list lacks as unsupported, so a
// program can refresh the list periodically instead of setting RequireProvider
// on every charge. It is never nil.
//
// Errors: *PriceError, joined, for each provider whose prices cannot be read,
// together with the list of the others; *dialect.Error, without a list, when the
// engine fails.
func ProviderPrices(ctx context.Context, db bun.IDB, p ProviderPricesParams) (PriceList, error) {
	base := p.Prices
	if base == nil {
		base = DefaultPrices()
	}
	prices := PriceList{}
	var malformed []error
	for cursor := ""; ; {
		page, err := providers.List(ctx, db, providers.ListParams{Enabled: true, Cursor: cursor, Limit: list.MaxLimit})
		if err != nil {
			return nil, err
		}
		for _, info := range page.Items {
			own, err := ParsePrices(string(info.Provider), info.ModelConfig)
			if err != nil {
				malformed = append(malformed, err)
				continue
			}
			prices = append(prices, own...)
			for _, price := range base {
				if i, _ := own.find(price.AIType, price.Provider, price.Model); i < 0 && price.Provider == string(info.Provider) {
					prices = append(prices, price)
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			return prices, errors.Join(malformed...)
		}
	}
}
