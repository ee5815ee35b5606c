package apikeys_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/apikeys"
)

func TestSecretIsNotShown(t *testing.T) {
	const plain = "chm_live_s3cret"
	secret := apikeys.NewSecret(plain)
	require.Equal(t, plain, secret.Reveal())
	require.False(t, secret.IsZero())
	require.Empty(t, apikeys.Secret{}.Reveal())
	require.True(t, apikeys.NewSecret("").IsZero())

	var logged bytes.Buffer
	holders := []any{
		secret, &secret,
		apikeys.CreateResult{Secret: secret},
		apikeys.AuthenticateParams{Key: secret},
		struct{ hidden apikeys.Secret }{secret},
		map[string]apikeys.Secret{"k": secret},
		[]apikeys.Secret{secret},
	}
	for _, v := range holders {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			logged.WriteString(fmt.Sprintf(verb, v)) //nolint:staticcheck // the text as a whole is what is looked at
		}
		slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "v", v)
	}
	require.NotContains(t, logged.String(), "s3cret")
	require.NotContains(t, logged.String(), fmt.Sprintf("%x", "s3cret"))

	text, err := json.Marshal(apikeys.CreateResult{Secret: secret})
	require.NoError(t, err, "a result leaves its key out")
	require.NotContains(t, string(text), "s3cret")
	_, err = json.Marshal(secret)
	require.ErrorIs(t, err, apikeys.ErrSecret)
	_, err = xml.Marshal(secret)
	require.ErrorIs(t, err, apikeys.ErrSecret)
	require.ErrorIs(t, gob.NewEncoder(&logged).Encode(secret), apikeys.ErrSecret)
	_, err = secret.Value()
	require.ErrorIs(t, err, apikeys.ErrSecret)
}

func TestFromRequest(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	require.True(t, apikeys.FromRequest(r).IsZero())
	r.Header.Set("x-api-key", "chm_live_x") //nolint:canonicalheader // clients write it in any case
	require.Equal(t, "chm_live_x", apikeys.FromRequest(r).Reveal())
}
