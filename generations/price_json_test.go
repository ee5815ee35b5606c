package generations_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/generations"
)

// TestPriceListsInJSON: a list that the caller keeps is read as it was written, and a
// price that says two things is refused by the member's name.
func TestPriceListsInJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(generations.DefaultPrices())
	require.NoError(t, err)
	var back generations.PriceList
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, generations.DefaultPrices(), back)

	const start = `[{"ai_type": "image", "provider": "kling", "model": "kling-v1", "credits": 4, `
	for _, twice := range []string{`"credits": 1}]`, `"Credits": 1}]`, `"CREDITS": null}]`, `"cred\u0069ts": 1}]`} {
		var invalid *generations.InvalidError
		require.ErrorAs(t, json.Unmarshal([]byte(start+twice), &back), &invalid, twice)
		require.Contains(t, invalid.Error(), "credits")
	}
	require.Error(t, json.Unmarshal([]byte(`[{"credits": "4"}]`), &back))
	require.NoError(t, json.Unmarshal([]byte(`[{"credits": 4, "note": "new"}]`), &back))
}
