package chameleontest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

func TestCreemEventsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	chameleontest.RequireVerified(t, db)
	handler := creem.Handler(db, creem.Config{Secrets: []secret.Secret{secret.New("signing")}}, nil)
	deliver := func(e chameleontest.CreemEvent) {
		t.Helper()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, chameleontest.CreemRequest(t, e, "signing"))
		require.Equal(t, http.StatusOK, answer.Code, "%s: %s", e.Type, answer.Body)
	}
	byCreem := func(p *orders.CreateParams) { p.PayType = orders.PayTypeCreem }
	ada := chameleontest.User(t, db)
	order := chameleontest.PendingOrder(t, db, ada.UUID, byCreem)
	deliver(chameleontest.CreemCheckoutCompleted(order))
	chameleontest.AssertBalance(t, db, ada.UUID, 600)
	order, err := orders.Get(t.Context(), db, orders.GetParams{OrderNo: order.OrderNo})
	require.NoError(t, err)
	deliver(chameleontest.CreemRefundCreated(order, 333))
	chameleontest.AssertBalance(t, db, ada.UUID, 434)
	deliver(chameleontest.CreemDispute(order, "created"))
	chameleontest.AssertBalance(t, db, ada.UUID, 100)
	deliver(chameleontest.CreemDispute(order, "won"))
	chameleontest.AssertBalance(t, db, ada.UUID, 434)

	ago := time.Now().AddDate(0, -1, -1).UTC()
	bob := chameleontest.User(t, db, func(p *users.CreateParams) { p.At = ago })
	sub := chameleontest.Subscribe(t, db, bob.UUID, byCreem, func(p *orders.CreateParams) { p.At = ago })
	end := sub.PeriodEnd.AddDate(0, 1, 0)
	deliver(chameleontest.CreemSubscriptionPaid(sub, sub.PeriodEnd, end))
	chameleontest.AssertBalance(t, db, bob.UUID, 100+1000) // the first period's have expired
	deliver(chameleontest.CreemSubscriptionCanceled(sub))
	now, err := orders.GetSubscription(t.Context(), db, orders.GetSubscriptionParams{Provider: orders.PayTypeCreem, SubID: sub.SubID})
	require.NoError(t, err)
	assert.False(t, now.Status.Running())
}
