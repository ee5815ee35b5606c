package keyring_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/leaktest"
	"github.com/chameleon-go/chameleon/providers/keyring"
)

// TestNoKeysetIsShown: neither a keyset that is refused nor one that is taken is in an
// error or in what a keyring prints.
func TestNoKeysetIsShown(t *testing.T) {
	t.Parallel()
	ring, err := keyring.New()
	require.NoError(t, err)
	exported, err := ring.Export()
	require.NoError(t, err)
	text := exported.Reveal()
	watch := leaktest.New(t, text, text[8:], text[:len(text)-8])
	watch.Value("a keyring", ring)
	watch.Value("an exported keyset", exported)
	for _, broken := range []string{text[8:], text[:len(text)-8], text + text, "{" + text + "}", `{"keyset":"` + text + `"}`, text + "\x00"} {
		_, err := keyring.Parse(broken)
		require.Error(t, err)
		watch.Err(err)
	}
	parsed, err := keyring.Parse(text)
	require.NoError(t, err)
	more, err := parsed.Add()
	require.NoError(t, err)
	watch.Value("a keyring", more)
	_, err = more.Retire(0)
	watch.Err(err)
	watch.Err(errors.Join(err, context.Canceled))
}
