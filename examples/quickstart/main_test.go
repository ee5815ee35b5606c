package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// The program runs on every engine, on an empty database and again.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		for range 2 {
			var out bytes.Buffer
			require.NoError(t, run(t.Context(), &out, env.URL))
			assert.Contains(t, out.String(), "signed up with 100 credits")
			assert.Contains(t, out.String(), "10 credits back, 95 left")
			assert.Contains(t, out.String(), "insufficient credits: need 1000, have 95")
			assert.Regexp(t, `refund +\+10 +95 `, out.String())
		}
	})
}
