package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
)

func TestProgram(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, ""))
	for _, want := range []string{
		"the sun stands.\n  the whole answer: 96 credits left, 0 held", // 32 tokens
		"the reader left after 12 tokens: 94 credits left, 0 held",
		"the model failed at once (overloaded): 94 credits left, 0 held",
	} {
		assert.Contains(t, out.String(), want)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	chameleontest.RequireVerified(t, db)
	ada := chameleontest.User(t, db)
	ask := func(key string, most int64, out *writer, fails int) error {
		return question{User: ada.UUID, Prompt: "?", Key: key, MaxTokens: most}.answer(t.Context(), db, out, recite(fails))
	}
	for range 2 { // sent again, it is the same question
		require.NoError(t, ask("cut", 20, &writer{}, 0))
		chameleontest.AssertBalance(t, db, ada.UUID, 98)
	}
	require.NoError(t, ask("half", 500, &writer{}, 15), "14 tokens came before the model failed")
	chameleontest.AssertBalance(t, db, ada.UUID, 96)
	require.NoError(t, ask("gone", 500, &writer{most: 5}, 0), "the reader cannot be written to")
	chameleontest.AssertBalance(t, db, ada.UUID, 95)
	require.ErrorIs(t, ask("dear", 10_000, &writer{}, 0), credits.ErrInsufficient)
	chameleontest.AssertBalance(t, db, ada.UUID, 95)
}

// writer breaks after a number of tokens, unless that is 0.
type writer struct{ most, got int }

func (w *writer) Write(token []byte) (int, error) {
	if w.got++; w.most > 0 && w.got > w.most {
		return 0, errors.New("broken pipe")
	}
	return len(token), nil
}
