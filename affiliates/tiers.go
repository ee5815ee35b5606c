package affiliates

import (
	"strings"

	"github.com/chameleon-go/chameleon/internal/share"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Tier is one step of a commission scale.
type Tier struct {
	// From is the smallest order that the tier is for, in the smallest unit of
	// the currency.
	From int64 `json:"from"`
	// Percent of the order is earned: whole percent, 0 to 100.
	Percent int64 `json:"percent"`
	// Currency is the one that the tier is for, because From means something else
	// in yen than in cents. Empty is for US dollars and for those that have no
	// tiers of their own and are worth about as much: see [LikeDollars].
	Currency string `json:"currency,omitempty"`
}

// Tiers is a commission scale: an order earns the percentage of the tier with
// the highest From that it reaches, on its whole amount. An order below all
// tiers earns nothing, and so does one in a currency that no tier is for: see
// Covers. Nil means [DefaultTiers]; an empty scale pays nothing.
type Tiers []Tier

// DefaultTiers returns the scale that is used when none is given, for the
// currencies of [LikeDollars]:
//
//	below 20.00     5 %
//	from  20.00    10 %
//	from  50.00    15 %
//	from 100.00    20 %
//	from 200.00    25 %
//	from 500.00    30 %
func DefaultTiers() Tiers {
	return Tiers{
		{From: 0, Percent: 5},
		{From: 20_00, Percent: 10},
		{From: 50_00, Percent: 15},
		{From: 100_00, Percent: 20},
		{From: 200_00, Percent: 25},
		{From: 500_00, Percent: 30},
	}
}

// Check checks the scale.
//
// Errors: *InvalidError when a tier is out of bounds or is given twice.
func (t Tiers) Check() error {
	seen := make(map[Tier]bool, len(t))
	for i, tier := range t {
		switch {
		case tier.From < 0 || tier.From > valid.MaxAmount:
			return valid.Failf("Tiers", "tier %d: From %d is outside 0 to %d", i, tier.From, int64(valid.MaxAmount))
		case tier.Percent < 0 || tier.Percent > 100:
			return valid.Failf("Tiers", "tier %d: Percent %d is outside 0 to 100", i, tier.Percent)
		}
		if tier.Currency != "" {
			if _, err := valid.Currency("Tiers", tier.Currency); err != nil {
				return err
			}
		}
		place := Tier{From: tier.From, Currency: strings.ToUpper(tier.Currency)}
		if seen[place] {
			return valid.Failf("Tiers", "tier %d: From %d is given twice", i, tier.From)
		}
		seen[place] = true
	}
	return nil
}

// Percent returns what an order of amount earns, in whole percent.
func (t Tiers) Percent(amount int64, currency string) int64 {
	if t == nil {
		t = DefaultTiers()
	}
	own := false
	for _, tier := range t {
		own = own || tier.Currency != "" && strings.EqualFold(tier.Currency, currency)
	}
	var percent, from int64 = 0, -1
	for _, tier := range t {
		applies := tier.Currency == "" && !own && LikeDollars(currency) || own && strings.EqualFold(tier.Currency, currency)
		if applies && tier.From <= amount && tier.From > from {
			percent, from = tier.Percent, tier.From
		}
	}
	return percent
}

// Covers checks that the scale is for a currency.
//
// Errors: *CurrencyError when the scale has tiers, but none for the currency.
func (t Tiers) Covers(currency string) error {
	if t == nil {
		t = DefaultTiers()
	}
	for _, tier := range t {
		if tier.Currency == "" && LikeDollars(currency) || tier.Currency != "" && strings.EqualFold(tier.Currency, currency) {
			return nil
		}
	}
	if len(t) == 0 {
		return nil
	}
	return &CurrencyError{Field: "Tiers", Currency: currency}
}

// LikeDollars reports whether a currency is the US dollar or one of similar
// value that is divided into hundredths: AUD, CAD, CHF, EUR, GBP, NZD, SGD.
// Orders of other programs without a currency count as such. Tiers and rates
// without a currency apply only to these: a number meant in cents is off by a
// factor of thousands in rupiah.
func LikeDollars(currency string) bool {
	switch strings.ToUpper(currency) {
	case "", "USD", "AUD", "CAD", "CHF", "EUR", "GBP", "NZD", "SGD":
		return true
	}
	return false
}

// Commission returns what an order of amount earns, in the currency's smallest
// unit, rounded down.
func (t Tiers) Commission(amount int64, currency string) int64 {
	return share.Down(amount, t.Percent(amount, currency), 100)
}
