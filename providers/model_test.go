package providers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/providers"
)

func TestSwitchIsStoredAsItIs(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for name, on := range map[providers.Name]providers.Switch{providers.OpenAI: true, providers.Kling: false} {
			_, err := env.DB.NewInsert().Model(&providers.Key{ProviderName: name, APIKey: "s3cret", IsEnabled: on}).Exec(ctx)
			require.NoError(t, err)
		}
		_, err := env.DB.ExecContext(ctx, "INSERT INTO ai_provider_keys (provider_name, api_key) VALUES ('seedance', '')")
		require.NoError(t, err)

		var keys []providers.Key
		require.NoError(t, env.DB.NewSelect().Model(&keys).Scan(ctx))
		got := map[providers.Name]providers.Switch{}
		for _, k := range keys {
			got[k.ProviderName] = k.IsEnabled
		}
		require.Equal(t, map[providers.Name]providers.Switch{
			providers.OpenAI: true, providers.Kling: false, providers.Seedance: true,
		}, got)
	})
}

func TestKeyIsNotPrinted(t *testing.T) {
	key := providers.Key{APIKey: "s3cret"}
	text, err := json.Marshal(key)
	require.NoError(t, err)
	for _, s := range []string{
		fmt.Sprint(key), fmt.Sprintf("%+v", &key), fmt.Sprintf("%#v", key), fmt.Sprintf("%s %q %x", key.APIKey, key.APIKey, key.APIKey), string(text),
	} {
		require.NotContains(t, s, "s3cret")
		require.NotContains(t, s, fmt.Sprintf("%x", "s3cret"))
	}
}

func TestName(t *testing.T) {
	for _, name := range []providers.Name{
		providers.OpenAI, providers.DeepSeek, providers.Kling, providers.Seedance, providers.Replicate,
		providers.OpenRouter, providers.SiliconFlow, "acme", "acme-2.1_eu", "1st",
	} {
		require.True(t, name.Valid(), name)
	}
	for _, name := range []providers.Name{"", "OpenAI", "-acme", "a b", "é", "a\x00", providers.Name(strings.Repeat("a", 51))} {
		require.False(t, name.Valid(), name)
	}
}
