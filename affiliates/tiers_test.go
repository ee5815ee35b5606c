package affiliates_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/affiliates"
)

func TestTiers(t *testing.T) {
	own := affiliates.Tiers{
		{From: 1000, Percent: 50},
		{From: 0, Percent: 10},
		{From: 1_000_000, Percent: 30, Currency: "jpy"},
		{From: 5000, Percent: 0},
	}
	for _, c := range []struct {
		tiers    affiliates.Tiers
		amount   int64
		currency string
		want     int64
	}{
		{nil, 0, "USD", 0},
		{nil, 19, "USD", 0}, // 0.95
		{nil, 20, "USD", 1},
		{nil, 1999, "USD", 99},
		{nil, 2000, "USD", 200},
		{nil, 4999, "USD", 499},
		{nil, 5000, "USD", 750},
		{nil, 10_000, "EUR", 2000},
		{nil, 20_000, "", 5000},
		{nil, 50_000, "USD", 15_000},
		{nil, 1<<31 - 1, "USD", 644_245_094},
		{nil, 1 << 53, "USD", 2_702_159_776_422_297},
		{affiliates.Tiers{}, 50_000, "USD", 0},
		{own, 999, "USD", 99},
		{own, 1000, "USD", 500},
		{own, 5000, "USD", 0},
		{own, 999_999, "JPY", 0}, // yen have tiers of their own
		{own, 1_000_001, "JPY", 300_000},
	} {
		require.Equal(t, c.want, c.tiers.Commission(c.amount, c.currency), "%v of %d %s", c.tiers, c.amount, c.currency)
	}
	require.NoError(t, own.Check())
	for _, bad := range []affiliates.Tiers{
		{{Percent: -1}},
		{{Percent: 101}},
		{{From: -1}},
		{{From: 1<<53 + 1}},
		{{Currency: "yen!"}},
		{{From: 5, Percent: 1}, {From: 5, Percent: 2}},
		{{From: 5, Currency: "usd"}, {From: 5, Currency: "USD"}},
	} {
		require.ErrorIs(t, bad.Check(), affiliates.ErrInvalid, "%v", bad)
	}
}

func TestDefaultTiersAreFiveToThirtyPercent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, 1<<53).Draw(t, "amount")
		more := rapid.Int64Range(amount, 1<<53).Draw(t, "more")
		tiers := affiliates.DefaultTiers()
		percent := tiers.Percent(amount, "USD")
		require.True(t, percent >= 5 && percent <= 30)
		require.LessOrEqual(t, percent, tiers.Percent(more, "USD"))
		earned := tiers.Commission(amount, "USD")
		require.LessOrEqual(t, earned*100, amount*percent)
		require.Greater(t, (earned+1)*100, amount*percent, "rounded down by less than one")
	})
}
