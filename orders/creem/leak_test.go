package creem_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/leaktest"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/secret"
)

// TestNoWebhookSecretIsShown searches results, errors, traces and logs of the handler
// for the signing secret: of events that are carried out, forged, cut off, signed by
// the secret itself, and of a database without tables.
func TestNoWebhookSecretIsShown(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "o-1", "one-time")
		watch := leaktest.New(t, signingKey)
		db := env.Open(t, chameleon.WithLogger(watch.Logger()), chameleon.WithTracer(watch), chameleon.WithSlowQueryThreshold(1))
		send := func(body []byte, signature string) {
			done, err := creem.Handle(t.Context(), db, s.config, creem.Request{Body: body, Signature: signature, At: s.now})
			watch.Value("a result", done)
			watch.Err(err)
		}
		every := func() {
			for _, body := range [][]byte{
				s.body(t, "checkout.completed", m{"id": "ch_1", "request_id": "o-1", "metadata": m{"order_no": "o-1"}}),
				s.body(t, "refund.created", m{"id": "ref_1"}), []byte(`{"id": "evt_1"`), []byte(`[]`), nil,
			} {
				for _, signature := range []string{creem.Sign(body, signingKey), signingKey, hex.EncodeToString([]byte(signingKey)), ""} {
					send(body, signature)
				}
			}
		}
		every()
		_, err := db.ExecContext(t.Context(), "DROP TABLE orders")
		require.NoError(t, err)
		every()
	})
}

// TestConfigsAreNotShown prints and encodes a configuration, as a value, by a pointer
// and inside of others, and looks for the signing secret.
func TestConfigsAreNotShown(t *testing.T) {
	watch := leaktest.New(t, signingKey)
	config := creem.Config{Secrets: []secret.Secret{secret.New(signingKey)}}
	watch.Value("a configuration", config)
	watch.Value("a server's", struct{ Webhooks []creem.Config }{[]creem.Config{config}})
	watch.Value("a hidden one", struct{ config any }{config})
}
