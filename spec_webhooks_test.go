package chameleon_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

// object is a JSON object of a payment provider.
type object = map[string]any

// invite signs two users up, of whom the first invited the second.
func invite(t *testing.T, db bun.IDB) (referrer, buyer string) {
	t.Helper()
	first := member(t, db)
	return first.UUID, signUp(t, db, users.CreateParams{InviteCode: first.InviteCode}).UUID
}

// subscribe pays the first period of a subscription to 1,000 credits.
func subscribe(t *testing.T, db bun.IDB, at time.Time, interval orders.Interval) *orders.Result {
	t.Helper()
	u := signUp(t, db, users.CreateParams{At: at})
	no := buy(t, db, orders.CreateParams{UserUUID: u.UUID, Interval: interval, At: at})
	return ok(orders.MarkPaid(t.Context(), db, orders.MarkPaidParams{OrderNo: no, SubID: "sub_" + uuid.NewString(), At: at, MaxAhead: credits.AnyTime}))(t)
}

// renew pays the period of a subscription that begins at start.
func renew(t *testing.T, db bun.IDB, sub string, start time.Time) *orders.Result {
	t.Helper()
	return ok(orders.Renew(t.Context(), db, orders.RenewParams{
		SubID: sub, PeriodStart: start, At: start, MaxAhead: credits.AnyTime,
	}))(t)
}

func creemPays(t *testing.T, env *enginetest.Env) {
	t.Helper()
	no := buy(t, env.DB, orders.CreateParams{PayType: orders.PayTypeCreem})
	body := ok(json.Marshal(object{
		"id": "evt_1", "eventType": "checkout.completed", "created_at": time.Now().UnixMilli(), "object": object{
			"id": "ch_1", "object": "checkout", "request_id": no, "status": "completed",
			"order": object{"id": "ord_1", "amount": 1999, "currency": "USD", "status": "paid", "transaction": "tran_" + no},
		},
	}))(t)
	handle := func(signature string) (*webhook.Result, error) {
		return creem.Handle(t.Context(), env.DB, creem.Config{Secrets: []secret.Secret{secret.New("secret")}}, creem.Request{Body: body, Signature: signature})
	}
	paysOnce(t, no, handle, creem.Sign(body, "secret"), creem.Sign(body, "guessed"))
}

// paysOnce sends a webhook unsigned, forged, and then twice.
func paysOnce(t *testing.T, no string, handle func(signature string) (*webhook.Result, error), good, forged string) {
	t.Helper()
	for _, signature := range []string{"", forged} {
		_, err := handle(signature)
		require.ErrorIs(t, err, webhook.ErrSignature)
		assert.Equal(t, http.StatusBadRequest, webhook.Status(err))
	}
	first := ok(handle(good))(t)
	assert.Equal(t, no, first.Order.Order.OrderNo)
	assert.Equal(t, orders.StatusPaid, first.Order.Order.Status)
	assert.False(t, first.Order.Replayed)
	assert.True(t, ok(handle(good))(t).Order.Replayed)
}
