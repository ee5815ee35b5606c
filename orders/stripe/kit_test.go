package stripe_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

// The events of package chameleontest do what they say.
func TestEventsOfTheTestKit(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	chameleontest.RequireVerified(t, db)
	handler := stripe.Handler(db, stripe.Config{Secrets: []secret.Secret{secret.New("whsec_kit")}}, nil)
	deliver := func(e chameleontest.StripeEvent) {
		t.Helper()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, chameleontest.StripeRequest(t, e, "whsec_kit"))
		require.Equal(t, http.StatusOK, answer.Code, "%s: %s", e.Type, answer.Body)
	}
	ada := chameleontest.User(t, db)
	order := chameleontest.PendingOrder(t, db, ada.UUID)
	deliver(chameleontest.StripeCheckoutCompleted(order))
	chameleontest.AssertBalance(t, db, ada.UUID, 600)
	order, err := orders.Get(t.Context(), db, orders.GetParams{OrderNo: order.OrderNo})
	require.NoError(t, err)
	deliver(chameleontest.StripeChargeRefunded(order, 333))
	chameleontest.AssertBalance(t, db, ada.UUID, 434)
	deliver(chameleontest.StripeDispute(order, "created", "needs_response"))
	chameleontest.AssertBalance(t, db, ada.UUID, 100)
	deliver(chameleontest.StripeDispute(order, "closed", "won"))
	chameleontest.AssertBalance(t, db, ada.UUID, 434)

	ago := time.Now().AddDate(0, -1, -1).UTC()
	bob := chameleontest.User(t, db, func(p *users.CreateParams) { p.At = ago })
	sub := chameleontest.Subscribe(t, db, bob.UUID, func(p *orders.CreateParams) { p.At = ago })
	deliver(chameleontest.StripeInvoicePaid(sub, sub.PeriodEnd, sub.PeriodEnd.AddDate(0, 1, 0)))
	chameleontest.AssertBalance(t, db, bob.UUID, 100+1000) // the first period's have expired
	deliver(chameleontest.StripeSubscriptionDeleted(sub))
	now, err := orders.GetSubscription(t.Context(), db, orders.GetSubscriptionParams{Provider: orders.PayTypeStripe, SubID: sub.SubID})
	require.NoError(t, err)
	assert.False(t, now.Status.Running())
}
