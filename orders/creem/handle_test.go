package creem_test

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
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/hooktest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

const signingKey = "creem_test_secret"

// m is a JSON object.
type m = map[string]any

// shop is a user with an order, and a handler to send events to.
type shop struct {
	env    *enginetest.Env
	config creem.Config
	user   string
	now    time.Time
}

func newShop(t testing.TB, env *enginetest.Env) *shop {
	t.Helper()
	return newShopOf(t, env, "ada@example.com")
}

func newShopOf(t testing.TB, env *enginetest.Env, email string) *shop {
	t.Helper()
	user, err := users.Create(t.Context(), env.DB, users.CreateParams{Email: email})
	require.NoError(t, err)
	return &shop{
		env: env, config: creem.Config{Secrets: []secret.Secret{secret.New("old"), secret.New(signingKey)}},
		user: user.User.UUID, now: time.Now().UTC().Truncate(time.Millisecond),
	}
}

func (s *shop) order(t testing.TB, no string, interval orders.Interval) {
	t.Helper()
	hooktest.Order(t, s.env.DB, orders.CreateParams{
		OrderNo: no, UserUUID: s.user, Currency: "EUR", PayType: orders.PayTypeCreem, Interval: interval,
	})
}

// body is an event as Creem sends it.
func (s *shop) body(t testing.TB, kind string, object m) []byte {
	t.Helper()
	body, err := json.Marshal(m{
		"id": "evt_" + kind, "eventType": kind, "created_at": s.now.UnixMilli(), "object": object,
	})
	require.NoError(t, err)
	return body
}

// event is the handling of one, signed.
func (s *shop) event(t testing.TB, kind string, object m) hooktest.Handle {
	t.Helper()
	body := s.body(t, kind, object)
	r := creem.Request{Body: body, Signature: creem.Sign(body, signingKey)}
	return func(ctx context.Context, db bun.IDB) (*webhook.Result, error) {
		return creem.Handle(ctx, db, s.config, r)
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
	return err
}

func (s *shop) available(t *testing.T) int64 {
	t.Helper()
	return hooktest.Available(t, s.env.DB, s.user)
}

func checkout(no string, more m) m {
	object := m{
		"id": "ch_1", "object": "checkout", "request_id": no, "status": "completed",
		"order": m{
			"id": "ord_1", "amount": 1000, "currency": "EUR", "status": "paid", "transaction": "tran_" + no,
		},
		"product": m{"id": "prod_1"},
	}
	maps.Copy(object, more)
	return object
}

func TestOneTimeOrder(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		paid := s.send(t, "checkout.completed", checkout("A1", nil))
		assert.Equal(t, orders.StatusPaid, paid.Order.Order.Status)
		assert.EqualValues(t, 600, s.available(t), "100 to begin with, and 500")

		// The transaction is with taxes, the order is not: half is half.
		half := m{
			"id": "ref_1", "status": "succeeded", "refund_amount": 605, "refund_currency": "EUR",
			"transaction": m{"id": "tran_A1", "amount": 1000, "amount_paid": 1210},
		}
		assert.EqualValues(t, 500, s.send(t, "refund.created", half).Order.Order.RefundedAmount)
		assert.EqualValues(t, 350, s.available(t))
		pending := m{"id": "ref_3", "status": "pending", "refund_amount": 5, "transaction": m{"id": "tran_A1"}}
		assert.NotEmpty(t, s.send(t, "refund.created", pending).Ignored)

		s.order(t, "A2", orders.IntervalOneTime)
		s.send(t, "checkout.completed", checkout("", m{
			"metadata": m{"order_no": "A2"}, "order": m{"amount": 1000, "currency": "EUR"},
		}))
		assert.EqualValues(t, 850, s.available(t))
		s.send(t, "dispute.created", m{
			"id": "disp_1", "amount": 1000, "currency": "EUR", "transaction": m{"id": "tran_unknown"},
			"checkout": m{"request_id": "A2"},
		})
		assert.EqualValues(t, 350, s.available(t))
		// The rest of A1, one by one.
		rest := m{
			"id": "ref_2", "status": "succeeded", "refund_amount": 605,
			"transaction": m{"id": "tran_A1", "amount_paid": 1210},
		}
		assert.Equal(t, orders.StatusRefunded, s.send(t, "refund.created", rest).Order.Order.Status)
		assert.EqualValues(t, 100, s.available(t))
	})
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		first, second, third := s.now, s.now.AddDate(0, 1, 0), s.now.AddDate(0, 2, 0)
		period := func(start, end time.Time, transaction string) m {
			return m{
				"id": "sub_1", "object": "subscription", "product": m{"id": "prod_1"},
				"current_period_start_date": start.Format(time.RFC3339Nano),
				"current_period_end_date":   end.Format(time.RFC3339Nano),
				"last_transaction_id":       transaction, "canceled_at": nil,
			}
		}
		s.send(t, "checkout.completed", checkout("S1", m{
			"subscription": m{"id": "sub_1"}, "order": m{"id": "ord_1", "amount": 1000, "currency": "EUR"},
		}))
		same := s.send(t, "subscription.paid", period(first, second, "tran_1"))
		assert.Equal(t, "S1", same.Order.Order.OrderNo, "the first period is the checkout's")
		assert.EqualValues(t, 600, s.available(t))

		failed := s.send(t, "subscription.past_due", period(second, third, "tran_1"))
		assert.Equal(t, orders.StatusFailed, failed.Order.Order.Status)
		renewed := s.send(t, "subscription.paid", period(second, third, "tran_2"))
		assert.Equal(t, orders.StatusPaid, renewed.Order.Order.Status)
		assert.True(t, third.Equal(renewed.Order.Order.CreditsExpireAt), "the credits end with the period")
		refunded := s.send(t, "refund.created", m{
			"id": "ref_1", "status": "succeeded", "refund_amount": 1000, "transaction": m{"id": "tran_2"},
		})
		assert.Equal(t, renewed.Order.Order.OrderNo, refunded.Order.Order.OrderNo)

		canceled := period(second, third, "tran_2")
		canceled["canceled_at"] = s.now.Format(time.RFC3339Nano)
		assert.True(t, s.now.Equal(s.send(t, "subscription.canceled", canceled).Order.Order.SubEndedAt))
	})
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		paid := s.body(t, "checkout.completed", checkout("A1", nil))
		unknown := s.body(t, "checkout.completed", checkout("nobody", nil))
		other := s.body(t, "subscription.unheard_of", m{"id": "sub_1"})
		unstarted := s.body(t, "subscription.paid", m{"id": "sub_9", "current_period_start_date": s.now})
		aimless := s.body(t, "subscription.paid", m{"id": "sub_9"})
		s.now = s.now.Add(time.Hour)
		ahead := s.body(t, "checkout.completed", checkout("A1", nil))
		s.now = s.now.Add(-49 * time.Hour)
		stale := s.body(t, "checkout.completed", checkout("A1", nil))
		for name, c := range map[string]struct {
			body      []byte
			signature string
			want      error
			status    int
		}{
			"not signed":           {paid, "", webhook.ErrSignature, 400},
			"not a signature":      {paid, "zz", webhook.ErrSignature, 400},
			"another secret":       {paid, creem.Sign(paid, "other"), webhook.ErrSignature, 400},
			"another body":         {unknown, creem.Sign(paid, signingKey), webhook.ErrSignature, 400},
			"an empty own secret":  {paid, creem.Sign(paid, ""), webhook.ErrSignature, 400},
			"stale":                {stale, creem.Sign(stale, signingKey), webhook.ErrStale, 400},
			"from the future":      {ahead, creem.Sign(ahead, signingKey), webhook.ErrStale, 400},
			"not JSON":             {[]byte("{"), creem.Sign([]byte("{"), signingKey), webhook.ErrPayload, 400},
			"unknown event":        {other, creem.Sign(other, signingKey), webhook.ErrUnknownEvent, 200},
			"unknown order":        {unknown, creem.Sign(unknown, signingKey), orders.ErrNotFound, 404},
			"unknown subscription": {unstarted, creem.Sign(unstarted, signingKey), orders.ErrNotFound, 404},
			"without a period":     {aimless, creem.Sign(aimless, signingKey), webhook.ErrPayload, 400},
		} {
			t.Run(name, func(t *testing.T) {
				config := s.config
				config.Secrets, config.MaxAge = append(config.Secrets, secret.New("")), 24*time.Hour
				_, err := creem.Handle(t.Context(), env.DB, config, creem.Request{Body: c.body, Signature: c.signature})
				require.ErrorIs(t, err, c.want)
				assert.NotContains(t, err.Error(), signingKey)

				request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(c.body)))
				request.Header.Set(creem.SignatureHeader, c.signature)
				answer := httptest.NewRecorder()
				creem.Handler(env.DB, config, nil).ServeHTTP(answer, request)
				assert.Equal(t, c.status, answer.Code)
			})
		}
		assert.EqualValues(t, 100, s.available(t), "nothing was written")
	})
}
