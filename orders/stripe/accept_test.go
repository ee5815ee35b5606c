package stripe_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// answer is the HTTP status that an event is answered with.
func (s *shop) answer(t *testing.T, body []byte) int {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(body)))
	request.Header.Set(stripe.SignatureHeader, sign(body, signingKey, time.Now()))
	answer := httptest.NewRecorder()
	stripe.Handler(s.env.DB, s.config, nil).ServeHTTP(answer, request)
	return answer.Code
}

func (s *shop) stored(t *testing.T, no string) *orders.Order {
	t.Helper()
	o, err := orders.Get(t.Context(), s.env.DB, orders.GetParams{OrderNo: no})
	require.NoError(t, err)
	return o
}

func TestTheAmountIsChecked(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		for _, no := range []string{"A1", "A2", "A3", "A4"} {
			s.order(t, no, orders.IntervalOneTime)
		}
		const done = "checkout.session.completed"
		little := session("A1", m{"amount_total": 1, "amount_subtotal": 1})
		require.ErrorIs(t, s.refused(t, done, little), orders.ErrAmount)
		assert.Equal(t, http.StatusUnprocessableEntity, s.answer(t, s.body(t, done, little)))
		assert.Equal(t, orders.StatusPending, s.stored(t, "A1").Status)

		// A payment link's reference is the payer's own.
		link := session("A1", m{"payment_link": "plink_1"})
		require.ErrorIs(t, s.refused(t, done, link), webhook.ErrNotOurs)
		setup := s.send(t, done, session("A1", m{"mode": "setup", "payment_status": "no_payment_required", "amount_total": nil}))
		assert.NotEmpty(t, setup.Ignored)
		assert.EqualValues(t, 100, s.available(t))
		s.config.PaymentLinks = true
		s.send(t, done, link)
		assert.EqualValues(t, 600, s.available(t))

		// Coupons and taxes are what the merchant set.
		half := s.send(t, done, session("A2", m{
			"amount_subtotal": 1000, "amount_total": 605, "total_details": m{"amount_discount": 500, "amount_tax": 105},
		}))
		pm := half.Order.Payment
		assert.Equal(t, []int64{605, 105, 500, 500}, []int64{pm.Gross, pm.Tax, pm.Discount, pm.Net})
		assert.EqualValues(t, 105, half.Order.Order.PaidTax)

		var seen orders.Mismatch
		s.config.Accept = func(_ context.Context, m orders.Mismatch) bool {
			seen = m
			return true
		}
		s.send(t, done, session("A3", m{"amount_total": 700}))
		assert.Equal(t, "A3", seen.Order.OrderNo)
		assert.Equal(t, orders.Money{Amount: 700, Currency: "USD"}, seen.Paid)
		assert.EqualValues(t, 700, s.stored(t, "A3").Paid())
		euros := s.send(t, done, session("A4", m{"amount_total": 930, "currency": "eur"}))
		assert.EqualValues(t, 1000, s.stored(t, "A4").Paid(), "as ordered")
		assert.Equal(t, "EUR", euros.Order.Payment.Currency)
		s.send(t, "charge.refunded", m{"payment_intent": "pi_A4", "amount": 930, "amount_refunded": 465})
		assert.EqualValues(t, 500, s.stored(t, "A4").RefundedAmount, "half is half")
		assert.EqualValues(t, 100+500*3+250, s.available(t))
	})
}

func TestLocalCurrency(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		local := session("A1", m{
			"currency": "jpy", "amount_total": 1500, "amount_subtotal": 1500,
			"currency_conversion": m{"amount_total": 1000, "amount_subtotal": 1000, "source_currency": "usd", "fx_rate": "1.5"},
		})
		require.ErrorIs(t, s.refused(t, "checkout.session.completed", local), orders.ErrCurrency)
		s.config.LocalCurrency = true
		paid := s.send(t, "checkout.session.completed", local)
		assert.EqualValues(t, 1000, paid.Order.Order.Paid())
		assert.EqualValues(t, 1500, paid.Order.Payment.Gross)
		assert.Equal(t, "JPY", paid.Order.Payment.Currency)
		s.send(t, "refund.created", refund("re_1", 300, "succeeded", s.now))
		assert.EqualValues(t, 200, s.stored(t, "A1").RefundedAmount)
	})
}

func TestWhoseEventItIs(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		body := s.body(t, "checkout.session.completed", session("A1", nil))
		of := func(more string) []byte { return []byte(strings.Replace(string(body), "{", "{"+more+",", 1)) }
		connected, live := of(`"account":"acct_1"`), of(`"livemode":true`)
		assert.Equal(t, http.StatusNotFound, s.answer(t, connected))
		s.config.Answers = webhook.Answers{NotOurs: http.StatusOK}
		assert.Equal(t, http.StatusOK, s.answer(t, connected))
		test := false
		s.config.Livemode = &test
		assert.Equal(t, http.StatusOK, s.answer(t, live))
		assert.Equal(t, http.StatusOK, s.answer(t, s.body(t, "checkout.session.completed", session("", nil))), "no number")
		assert.Equal(t, http.StatusNotFound, s.answer(t, s.body(t, "checkout.session.completed", session("A9", nil))), "not yet")
		assert.EqualValues(t, 100, s.available(t), "nothing was paid")

		s.config.Livemode, s.config.Accounts = nil, []string{"acct_1"}
		result, err := stripe.Handle(t.Context(), env.DB, s.config, stripe.Request{
			Body: connected, Signature: sign(connected, signingKey, time.Now()),
		})
		require.NoError(t, err)
		assert.Equal(t, "acct_1", result.Account)
		assert.Equal(t, http.StatusOK, s.answer(t, body), "the own account is not among them")
		assert.EqualValues(t, 600, s.available(t))
	})
}

// The hook sees what asks for nothing, thin events included, in a transaction.
func TestTheHookSeesOtherEvents(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		thin := []byte(`{"id":"evt_thin","object":"v2.core.event","type":"v1.billing.meter.no_meter_found","livemode":true,` +
			`"created":"2026-03-01T10:00:00.000Z","related_object":{"id":"mtr_1"}}`)
		assert.Equal(t, http.StatusOK, s.answer(t, thin))
		var seen []webhook.Event
		s.config.Hook = func(ctx context.Context, tx bun.Tx, e webhook.Event) error {
			seen = append(seen, e)
			_, err := orders.Cancel(ctx, tx, orders.CancelParams{OrderNo: "A1"})
			if e.Type == "customer.deleted" {
				return assert.AnError
			}
			return err
		}
		assert.Equal(t, http.StatusServiceUnavailable, s.answer(t, s.body(t, "customer.deleted", m{"id": "cus_1"})))
		assert.Equal(t, orders.StatusPending, s.stored(t, "A1").Status, "it was undone")
		assert.Equal(t, http.StatusOK, s.answer(t, thin))
		assert.Equal(t, orders.StatusCancelled, s.stored(t, "A1").Status)
		assert.Equal(t, http.StatusOK, s.answer(t, s.body(t, "payment_intent.succeeded", m{"id": "pi_other"})))
		require.Len(t, seen, 3)
		assert.JSONEq(t, `{"id":"cus_1"}`, string(seen[0].Object))
		assert.True(t, seen[1].Livemode)
		assert.Equal(t, time.March, seen[1].Created.Month())
	})
}
