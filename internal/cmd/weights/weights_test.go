package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// limits are what README states: the most modules, and the most megabytes of a
// stripped program. Raise one only with a reason in docs/design.md.
func limits() map[string]weight {
	return map[string]weight{
		"`credits` alone":     {modules: 41, stripped: 6e6},
		"`Open` and `Push`":   {modules: 59, stripped: 17e6},
		"`schema`":            {modules: 41, stripped: 6e6},
		"`bridge/sqltx`":      {modules: 41, stripped: 6e6},
		"`bridge/pgxtx`":      {modules: 45, stripped: 9e6},
		"`orders/creem`":      {modules: 44, stripped: 8.5e6},
		"`orders/stripe`":     {modules: 46, stripped: 9.5e6},
		"`providers/keyring`": {modules: 50, stripped: 9e6},
	}
}

// Every module can be had as from a tag, by a program that knows nothing of this
// checkout, and brings no more than README says.
func TestWeights(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds eight programs")
	}
	weights, err := weighAll(t.Context())
	require.NoError(t, err)
	require.Len(t, limits(), len(strangers()))
	for i, s := range strangers() {
		most, known := limits()[s.name]
		require.True(t, known, s.name)
		assert.LessOrEqual(t, weights[i].modules, most.modules, "%s: modules", s.name)
		assert.LessOrEqual(t, weights[i].stripped, most.stripped, "%s: bytes, stripped", s.name)
	}
}
