package generations

import (
	"fmt"

	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Price is what one generation costs.
type Price struct {
	AIType   AIType `json:"ai_type"`
	Provider string `json:"provider"`
	Model    string `json:"model"`
	// Credits is at most 2^53; 0 is free.
	Credits int64 `json:"credits"`
}

// PriceList is what a product sells. Two prices for the same thing are refused
// when it is looked up.
type PriceList []Price

// DefaultPrices returns a price list to start from, which the caller may
// change. Text has no listed price; the caller of [ChargeGeneration] gives it.
func DefaultPrices() PriceList {
	return PriceList{
		{TypeImage, "openai", "dall-e-3", 5},
		{TypeImage, "replicate", "black-forest-labs/flux-schnell", 3},
		{TypeImage, "kling", "kling-v1", 4},
		{TypeVideo, "seedance", "doubao-seedance-1-0-pro-250528", 10},
		{TypeVideo, "kling", "kling-v1", 10},
		{TypeVideo, "kling", "kling-v1-6", 10},
	}
}

// find returns the place of a price in the list, or -1 and the field that the
// list lacks.
func (l PriceList) find(aiType AIType, provider, model string) (int, string) {
	missing := "Provider"
	for i, price := range l {
		if price.AIType != aiType || price.Provider != provider {
			continue
		}
		if price.Model == model {
			return i, ""
		}
		missing = "Model"
	}
	return -1, missing
}

// Lookup returns the price of one generation.
//
// Errors: *UnsupportedError when the list has no such provider or model for the
// type; *InvalidError when the type is malformed, when it is text and the list
// does not price it, when the price is not a valid amount, or when the list has
// two prices.
func (l PriceList) Lookup(aiType AIType, provider, model string) (int64, error) {
	if err := checkType(aiType); err != nil {
		return 0, err
	}
	i, missing := l.find(aiType, provider, model)
	if i >= 0 {
		if again, _ := l[i+1:].find(aiType, provider, model); again >= 0 {
			return 0, valid.Failf(fmt.Sprintf("Prices[%d]", i+1+again), "%s %s %s has a price already",
				aiType, shown.Text(provider), shown.Text(model))
		}
		return l[i].Credits, valid.AmountOrZero(fmt.Sprintf("Prices[%d].Credits", i), l[i].Credits)
	}
	if aiType == TypeText {
		return 0, valid.Failf("Cost", "required: text has no listed price")
	}
	return 0, &UnsupportedError{Field: missing, AIType: aiType, Provider: provider, Model: model}
}
