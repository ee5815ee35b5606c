package stripe_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/payhistory"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
)

// Whatever customers do, and however Stripe tells of it, in every API version,
// what is stored is what the model says.
func TestHistoriesOfCustomers(t *testing.T) {
	t.Parallel()
	worlds := make([]payhistory.World, 0, 3)
	for _, version := range []string{version2020, version2022, version2025} {
		worlds = append(worlds, payhistory.World{
			Provider: speaker{version}, PayType: orders.PayTypeStripe,
			Handler: func(c *payhistory.Customer) payhistory.Handle { return telling(version, c) },
		})
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) { payhistory.Run(t, env, 7, worlds) })
}

// telling hands events to the webhook's handler.
func telling(version string, c *payhistory.Customer) payhistory.Handle {
	config := stripe.Config{Secrets: []secret.Secret{secret.New(signingKey)}}
	config.Plan, config.TrialCredits, config.CarryOver, config.Change = payhistory.PlanOf, c.TrialCredits, c.CarryOver, c.Change
	config.CarryOverWithin, config.Bought = payhistory.Within, c.Bought
	return func(ctx context.Context, db bun.IDB, e payhistory.Event) (int, error) {
		body, err := json.Marshal(m{
			"id": "evt_1", "object": "event", "type": e.Kind, "created": e.At.Unix(), "api_version": version,
			"data": m{"object": e.Object},
		})
		if err != nil {
			return 0, err
		}
		_, err = stripe.Handle(ctx, db, config, stripe.Request{Body: body, Signature: sign(body, signingKey, time.Now())})
		return webhook.Status(err), err
	}
}
