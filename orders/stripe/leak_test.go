package stripe_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/leaktest"
	"github.com/chameleon-go/chameleon/orders/stripe"
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
		every := func() {
			now := time.Now()
			for _, body := range [][]byte{
				s.body(t, "checkout.session.completed", m{"id": "cs_1", "mode": "payment", "metadata": m{"order_no": "o-1"}}),
				s.body(t, "refund.created", m{"id": "re_1"}), []byte(`{"id": "evt_1"`), []byte(`[]`), nil,
			} {
				for _, signature := range []string{sign(body, signingKey, now), signingKey, hex.EncodeToString([]byte(signingKey)), ""} {
					done, err := stripe.Handle(t.Context(), db, s.config, stripe.Request{Body: body, Signature: signature})
					watch.Value("a result", done)
					watch.Err(err)
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
	config := stripe.Config{Secrets: []secret.Secret{secret.New(signingKey)}}
	watch.Value("a configuration", config)
	watch.Value("a server's", struct{ Webhooks []stripe.Config }{[]stripe.Config{config}})
	watch.Value("a hidden one", struct{ config any }{config})
}
