package apikeys_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/apikeys"
)

func TestKeyIsNotPrinted(t *testing.T) {
	key := apikeys.Key{Key: "sk-s3cret"}
	text, err := json.Marshal(key) //nolint:musttag // what happens by accident is the point
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
