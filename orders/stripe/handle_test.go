package stripe_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	stripehook "github.com/stripe/stripe-go/v85/webhook"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/hooktest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

const signingKey = "whsec_test"

// m is a JSON object.
type m = map[string]any

// shop is a user with an order, and a handler to send events to.
type shop struct {
	env    *enginetest.Env
	config stripe.Config
	user   string
	now    time.Time
	events int
	named  int
	shape  string
}

func newShop(t testing.TB, env *enginetest.Env, who ...string) *shop {
	t.Helper()
	user, err := users.Create(t.Context(), env.DB, users.CreateParams{Email: strings.Join(append(who, "ada@example.com"), "")})
	require.NoError(t, err)
	return &shop{
		env: env, config: stripe.Config{Secrets: []secret.Secret{secret.New("whsec_old"), secret.New(signingKey)}},
		user: user.User.UUID, now: time.Now().UTC().Truncate(time.Second),
	}
}

func (s *shop) order(t testing.TB, no string, interval orders.Interval) {
	t.Helper()
	hooktest.Order(t, s.env.DB, orders.CreateParams{
		OrderNo: no, UserUUID: s.user, Currency: "USD", PayType: orders.PayTypeStripe, Interval: interval,
	})
}

// body is an event as Stripe sends it.
func (s *shop) body(t testing.TB, kind string, object m) []byte {
	t.Helper()
	s.events++
	body, err := json.Marshal(m{
		"id": "evt_" + kind, "object": "event", "type": kind, "created": s.now.Unix(),
		"api_version": "2020-08-27", "data": m{"object": object},
	})
	require.NoError(t, err)
	return body
}

func sign(body []byte, key string, at time.Time) string {
	return stripehook.GenerateTestSignedPayload(&stripehook.UnsignedPayload{
		Payload: body, Secret: key, Timestamp: at,
	}).Header
}

// event is the handling of one, signed.
func (s *shop) event(t testing.TB, kind string, object m) hooktest.Handle {
	t.Helper()
	body := s.body(t, kind, object)
	r := stripe.Request{Body: body, Signature: sign(body, signingKey, time.Now())}
	return func(ctx context.Context, db bun.IDB) (*webhook.Result, error) {
		return stripe.Handle(ctx, db, s.config, r)
	}
}

// send handles an event twice and returns the first result.
func (s *shop) send(t *testing.T, kind string, object m) *webhook.Result {
	t.Helper()
	return hooktest.Twice(t, s.env.DB, kind, s.event(t, kind, object))
}

func (s *shop) refused(t *testing.T, kind string, object m) error {
	t.Helper()
	err := hooktest.Refused(t, s.env.DB, kind, s.event(t, kind, object))
	assert.Equal(t, kind, err.EventType)
	return err
}

func (s *shop) available(t *testing.T) int64 {
	t.Helper()
	return hooktest.Available(t, s.env.DB, s.user)
}

func session(no string, more m) m {
	object := m{
		"id": "cs_1", "object": "checkout.session", "client_reference_id": no, "amount_total": 1000,
		"currency": "usd", "payment_status": "paid", "mode": "payment", "payment_intent": "pi_" + no,
	}
	maps.Copy(object, more)
	return object
}

func TestOneTimeOrder(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)

		early := s.send(t, "charge.refunded", m{"payment_intent": "pi_later", "amount_refunded": 500})
		assert.Equal(t, orders.PaymentUnmatched, early.Order.Payment.Status, "the payment is not known yet")
		unpaid := s.send(t, "checkout.session.completed", session("A1", m{"payment_status": "unpaid"}))
		assert.NotEmpty(t, unpaid.Ignored)
		assert.Equal(t, orders.StatusFailed,
			s.send(t, "checkout.session.async_payment_failed", session("A1", nil)).Order.Order.Status)
		paid := s.send(t, "checkout.session.async_payment_succeeded", session("A1", nil))
		assert.Equal(t, orders.StatusPaid, paid.Order.Order.Status)
		assert.EqualValues(t, 600, s.available(t), "100 to begin with, and 500")

		s.send(t, "charge.refunded", m{"payment_intent": m{"id": "pi_A1"}, "amount_refunded": 400})
		assert.EqualValues(t, 400, s.available(t))
		s.send(t, "charge.dispute.created", dispute("needs_response"))
		assert.EqualValues(t, 100, s.available(t))
		s.send(t, "charge.dispute.closed", dispute("won"))
		assert.EqualValues(t, 400, s.available(t))
		assert.NotEmpty(t, s.send(t, "charge.dispute.created", dispute("warning_needs_response")).Ignored)
		full := s.send(t, "charge.refunded", m{
			"metadata": m{"order_no": "A1"}, "payment_intent": "pi_A1", "amount_refunded": 1000,
		})
		assert.Equal(t, orders.StatusRefunded, full.Order.Order.Status)
		assert.EqualValues(t, 100, s.available(t))

		late := s.refused(t, "checkout.session.async_payment_failed", session("A1", nil))
		require.ErrorIs(t, late, orders.ErrState)
		assert.Equal(t, http.StatusOK, webhook.Status(late), "too late to matter")
		s.order(t, "A2", orders.IntervalOneTime)
		assert.Equal(t, orders.StatusCancelled,
			s.send(t, "checkout.session.expired", session("A2", nil)).Order.Order.Status)
	})
}

func dispute(status string) m {
	return m{"id": "dp_1", "payment_intent": "pi_A1", "amount": 600, "currency": "usd", "status": status}
}

// An invoice in today's shape, and in that of older API versions.
func invoices(reason string, start, end time.Time) map[string]m {
	period := m{"start": start.Unix(), "end": end.Unix()}
	shared := func() m {
		return m{
			"id": "in_1", "object": "invoice", "billing_reason": reason, "amount_paid": 1000, "amount_due": 1000,
			"currency": "usd",
		}
	}
	current, legacy := shared(), shared()
	current["parent"] = m{"type": "subscription_details", "subscription_details": m{"subscription": "sub_1"}}
	current["lines"] = m{"data": []m{
		{"period": m{"start": start.Unix() - 5, "end": end.Unix() + 9}, "parent": m{
			"type": "subscription_item_details", "subscription_item_details": m{"proration": true},
		}},
		{"period": period, "parent": m{
			"type": "subscription_item_details", "subscription_item_details": m{"proration": false},
		}},
	}}
	legacy["subscription"], legacy["payment_intent"] = "sub_1", "pi_legacy_"+start.Format("0102")
	legacy["lines"] = m{"data": []m{{"type": "subscription", "period": period, "price": m{"id": "price_1"}}}}
	return map[string]m{"current": current, "legacy": legacy}
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"current", "legacy"} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			enginetest.Run(t, func(t *testing.T, env *enginetest.Env) { subscription(t, newShop(t, env), shape) })
		})
	}
}

func subscription(t *testing.T, s *shop, shape string) {
	t.Helper()
	s.config.PaymentIntent = nil
	first, second, third := s.now, s.now.AddDate(0, 1, 0), s.now.AddDate(0, 2, 0)
	s.order(t, "S1", orders.IntervalMonth)

	early := s.refused(t, "invoice.paid", invoices("subscription_cycle", second, third)[shape])
	assert.Equal(t, http.StatusNotFound, webhook.Status(early), "the subscription is not known yet")
	s.send(t, "checkout.session.completed", session("S1", m{
		"mode": "subscription", "payment_intent": nil, "subscription": "sub_1",
	}))
	assert.EqualValues(t, 600, s.available(t))
	same := s.send(t, "invoice.paid", invoices("subscription_create", first, second)[shape])
	assert.Equal(t, "S1", same.Order.Order.OrderNo, "the first period is the checkout's")
	assert.EqualValues(t, 600, s.available(t))

	failed := s.send(t, "invoice.payment_failed", invoices("subscription_cycle", second, third)[shape])
	assert.Equal(t, orders.StatusFailed, failed.Order.Order.Status)
	renewed := s.send(t, "invoice.payment_succeeded", invoices("subscription_cycle", second, third)[shape])
	assert.Equal(t, orders.StatusPaid, renewed.Order.Order.Status)
	assert.NotEqual(t, "S1", renewed.Order.Order.OrderNo)
	assert.True(t, third.Equal(renewed.Order.Order.CreditsExpireAt), "the credits end with the period")

	plain := m{"id": "in_2", "object": "invoice", "currency": "usd", "amount_paid": 5}
	assert.NotEmpty(t, s.send(t, "invoice.paid", plain).Ignored, "not of a subscription")
	ended := s.send(t, "customer.subscription.deleted", m{"id": "sub_1", "ended_at": s.now.Unix()})
	assert.True(t, s.now.Equal(ended.Order.Order.SubEndedAt))
}

func TestFirstInvoiceBeforeItsSession(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		inv := invoices("subscription_create", s.now, s.now.AddDate(0, 1, 0))["current"]
		inv["parent"] = m{"subscription_details": m{"subscription": "sub_1", "metadata": m{"order_no": "S1"}}}
		s.config.PaymentIntent = nil
		assert.Equal(t, orders.StatusFailed, s.send(t, "invoice.payment_failed", inv).Order.Order.Status)
		assert.Equal(t, orders.StatusPaid, s.send(t, "invoice.paid", inv).Order.Order.Status)
		again := s.send(t, "checkout.session.completed", session("S1", m{
			"mode": "subscription", "payment_intent": nil, "subscription": "sub_1",
		}))
		assert.True(t, again.Order.Replayed)
		assert.EqualValues(t, 600, s.available(t))
	})
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		paid := s.body(t, "checkout.session.completed", session("A1", nil))
		unknown := s.body(t, "checkout.session.completed", session("nobody", nil))
		nameless := s.body(t, "checkout.session.completed", session("", nil))
		other := s.body(t, "customer.created", m{"id": "cus_1"})
		euros := s.body(t, "checkout.session.completed", session("A1", m{"currency": "eur"}))
		garbage := []byte(`{"type": 5`)
		now := time.Now()
		for name, c := range map[string]struct {
			body      []byte
			signature string
			want      error
			status    int
		}{
			"not signed":          {paid, "", webhook.ErrSignature, 400},
			"another secret":      {paid, sign(paid, "whsec_other", now), webhook.ErrSignature, 400},
			"another body":        {unknown, sign(paid, signingKey, now), webhook.ErrSignature, 400},
			"stale":               {paid, sign(paid, signingKey, now.Add(-time.Hour)), webhook.ErrStale, 400},
			"from the future":     {paid, sign(paid, signingKey, now.Add(time.Hour)), webhook.ErrStale, 400},
			"from far ahead":      {paid, sign(paid, signingKey, time.Unix(1<<40, 0)), webhook.ErrStale, 400},
			"not JSON":            {garbage, sign(garbage, signingKey, now), webhook.ErrPayload, 400},
			"unknown event":       {other, sign(other, signingKey, now), webhook.ErrUnknownEvent, 200},
			"unknown order":       {unknown, sign(unknown, signingKey, now), orders.ErrNotFound, 404},
			"no order number":     {nameless, sign(nameless, signingKey, now), orders.ErrNotFound, 404},
			"the wrong currency":  {euros, sign(euros, signingKey, now), orders.ErrCurrency, 422},
			"an empty own secret": {paid, sign(paid, "", now), webhook.ErrSignature, 400},
		} {
			t.Run(name, func(t *testing.T) {
				config := s.config
				config.Secrets = append(config.Secrets, secret.New(""))
				_, err := stripe.Handle(t.Context(), env.DB, config, stripe.Request{Body: c.body, Signature: c.signature})
				require.ErrorIs(t, err, c.want)
				assert.NotContains(t, err.Error(), signingKey)

				request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(c.body)))
				request.Header.Set(stripe.SignatureHeader, c.signature)
				answer := httptest.NewRecorder()
				stripe.Handler(env.DB, config, nil).ServeHTTP(answer, request)
				assert.Equal(t, c.status, answer.Code)
			})
		}
		assert.EqualValues(t, 100, s.available(t), "nothing was written")
	})
}
