package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// The program runs beside a database of everything, and leaves its own rows, River's and
// the ledger's in agreement.
func TestEmbed(t *testing.T) {
	t.Parallel()
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, env.URL))
	assert.Equal(t, "a lizard for 8: made; 12 credits left\n"+
		"a square circle for 10: failed: cannot be drawn; 12 credits left\n"+
		"a mural for 500: refused: insufficient credits; 12 credits left\n", out.String())
	for query, want := range map[string]int{
		`SELECT count(*) FROM pictures`:                             2, // that of the refused order was rolled back
		`SELECT count(*) FROM river_job WHERE state = 'completed'`:  2,
		`SELECT count(*) FROM river_job WHERE state <> 'completed'`: 0,
	} {
		var got int
		require.NoError(t, env.DB.NewRaw(query).Scan(t.Context(), &got))
		assert.Equal(t, want, got, query)
	}
	report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
	require.NoError(t, err)
	assert.True(t, report.OK(), "%+v", report.Breaches)
	require.ErrorContains(t, run(t.Context(), &out, ""), "DATABASE_URL names no")
}
