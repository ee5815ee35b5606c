package transfer_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/transfer"
)

// One database by two URLs is refused, two databases of one server are not.
func TestCopyOntoItself(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		put(t, env.DB, "INSERT INTO feedbacks (content) VALUES ('hello')")
		again, err := chameleon.Open(t.Context(), strings.Replace(env.URL, "127.0.0.1", "localhost", 1))
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, again.Close()) })
		_, err = feedbacks(t, env.DB, again, transfer.CopyParams{Replace: true})
		require.ErrorIs(t, err, dialect.ErrInvalid)
		_, err = feedbacks(t, env.DB, enginetest.NewEmpty(t, env.Engine).DB, transfer.CopyParams{})
		require.NoError(t, err)
	})
}
