package apikeys_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/internal/leaktest"
)

func TestKeyIsNotPrinted(t *testing.T) {
	key := apikeys.Key{Key: "sk-s3cret"}
	text, err := json.Marshal(key)
	require.NoError(t, err)
	for _, s := range []string{fmt.Sprint(key), fmt.Sprintf("%+v", &key), fmt.Sprintf("%#v", key), string(text)} {
		require.NotContains(t, s, "s3cret")
	}
}

func TestStatus(t *testing.T) {
	for status, want := range map[apikeys.Status]struct{ valid, usable bool }{
		apikeys.StatusActive:  {true, true},
		apikeys.StatusRevoked: {true, false},
		apikeys.StatusCreated: {false, true},
		"":                    {false, false},
		"Active":              {false, false},
	} {
		require.Equal(t, want.valid, status.Valid(), status)
		require.Equal(t, want.usable, status.Usable(), status)
	}
}

// TestStoredIsNotShown: neither a hash nor a legacy key, printed or encoded.
func TestStoredIsNotShown(t *testing.T) {
	t.Parallel()
	const stored = "sk-s3cretW0rd"
	watch := leaktest.New(t, stored)
	watch.Value("a stored key", apikeys.Stored(stored))
	watch.Value("a row", apikeys.Key{Key: stored})
	watch.Value("a hidden one", struct{ Key any }{apikeys.Stored(stored)})
	_, err := json.Marshal(map[string]apikeys.Stored{"key": stored})
	require.ErrorIs(t, err, apikeys.ErrSecret)
}
