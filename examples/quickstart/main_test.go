package main

import (
	"bytes"
	"os"
	"path/filepath"
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
			assert.Regexp(t, `A gift of 8 expires on \d{4}-\d\d-\d\d: it is spent first`, out.String())
			assert.Regexp(t, `An image cost 5: -5 on the grant until [-\d]+; 103 left`, out.String())
			assert.Regexp(t, `A video cost 10: -3 on the grant until [-\d]+, -7 on the grant until [-\d]+; 93 left`, out.String())
			assert.Regexp(t, `10 credits returned to the grants they came from: \+7 on .*, \+3 on .*; 103 left`, out.String())
			assert.Contains(t, out.String(), "20 held, 7 charged; 96 left")
			assert.Contains(t, out.String(), "insufficient credits: need 1000, have 96")
			assert.Regexp(t, `refund +refund +\+10 +\+0 +103 `, out.String())
			assert.Contains(t, out.String(), "The ledger verifies: ")
		}
	})
}

func TestColoursAreForTerminals(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, file.Close()) })
	assert.Equal(t, file, newPrinter(file), "a file is no terminal")

	var out bytes.Buffer
	n, err := painter{&out}.Write([]byte("cost 10: -3 on one, +7 on two; is refused: 2026-01-31 +0 \n"))
	require.NoError(t, err)
	assert.Equal(t, 58, n)
	assert.Equal(t, "cost 10: \x1b[31m-3\x1b[0m on one, \x1b[32m+7\x1b[0m on two; is \x1b[33mrefused:\x1b[0m 2026-01-31 +0 \n", out.String())
}
