package keyring_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/testring"
	"github.com/chameleon-go/chameleon/providers/keyring"
)

// The ring of other packages' tests, which do not link Tink, is one that Tink reads,
// and the other way round: what they show holds for this package.
func TestTheRingOfTestsIsTinks(t *testing.T) {
	t.Parallel()
	theirs, err := testring.New()
	require.NoError(t, err)
	theirs, err = theirs.Add()
	require.NoError(t, err)
	text, err := theirs.Export()
	require.NoError(t, err)
	ours, err := keyring.Parse(text)
	require.NoError(t, err)
	require.Len(t, ours.Keys(), 2)
	next, err := ours.Promote()
	require.NoError(t, err)
	exported, err := next.Export()
	require.NoError(t, err)
	back, err := testring.Parse(exported.Reveal())
	require.NoError(t, err)

	for _, of := range []struct {
		from, to interface {
			Encrypt(plaintext, associatedData []byte) ([]byte, error)
			Decrypt(ciphertext, associatedData []byte) ([]byte, error)
			Current(ciphertext []byte) bool
		}
	}{{theirs, ours}, {ours, theirs}, {next, back}, {back, next}} {
		ciphertext, err := of.from.Encrypt([]byte("sk-1"), []byte("kling"))
		require.NoError(t, err)
		plaintext, err := of.to.Decrypt(ciphertext, []byte("kling"))
		require.NoError(t, err)
		require.Equal(t, "sk-1", string(plaintext))
		require.True(t, of.to.Current(ciphertext))
		require.False(t, back.Current(ciphertext) && theirs.Current(ciphertext), "another key is the primary")
		_, err = of.to.Decrypt(ciphertext, []byte("openai"))
		require.Error(t, err)
	}
}
