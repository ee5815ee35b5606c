package page

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEmptyPage: whoever reads a page in JSON may count its items.
func TestEmptyPage(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(Of[int](nil, ""))
	require.NoError(t, err)
	assert.JSONEq(t, `{"items": []}`, string(text))
	text, err = json.Marshal(Of([]int{1}, "x"))
	require.NoError(t, err)
	assert.JSONEq(t, `{"items": [1], "next": "x"}`, string(text))
}
