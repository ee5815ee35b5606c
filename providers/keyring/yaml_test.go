package keyring_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/chameleon-go/chameleon/providers"
)

// A secret is not written as YAML, either, alone or within another value. The other
// formats are tested where it is defined; here nobody else gets the library.
func TestSecretIsNotYAML(t *testing.T) {
	t.Parallel()
	secret := providers.NewSecret("sk-live-1")
	for _, v := range []any{
		secret, &secret,
		[]providers.Secret{secret},
		struct{ S providers.Secret }{secret},
		struct{ S *providers.Secret }{&secret},
	} {
		text, err := yaml.Marshal(v)
		require.NotContains(t, string(text), "sk-live")
		require.Error(t, err)
		require.NotContains(t, err.Error(), "sk-live")
	}
}
