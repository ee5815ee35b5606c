package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	stripego "github.com/stripe/stripe-go/v85"

	"github.com/chameleon-go/chameleon/orders/stripe"
)

func TestLinkCheckout(t *testing.T) {
	t.Parallel()
	want := map[string]string{"order_no": "42"}
	assert.Equal(t, want, stripe.Metadata("42"))

	p := &stripego.CheckoutSessionCreateParams{
		Mode: stripego.String("payment"), Metadata: map[string]string{"team": "a", "order_no": "41"},
		InvoiceCreation: &stripego.CheckoutSessionCreateInvoiceCreationParams{Enabled: new(true)},
	}
	stripe.LinkCheckout(p, "42")
	assert.Equal(t, "42", *p.ClientReferenceID)
	assert.Equal(t, map[string]string{"order_no": "42", "team": "a"}, p.Metadata)
	assert.Equal(t, map[string]string{"order_no": "42", "order_by": "checkout_session"}, p.PaymentIntentData.Metadata)
	assert.Equal(t, want, p.InvoiceCreation.InvoiceData.Metadata)
	require.Nil(t, p.SubscriptionData, "Stripe refuses that of another mode")

	p = &stripego.CheckoutSessionCreateParams{Mode: stripego.String("subscription")}
	stripe.LinkCheckout(p, "42")
	assert.Equal(t, want, p.SubscriptionData.Metadata)
	require.Nil(t, p.PaymentIntentData)

	p = &stripego.CheckoutSessionCreateParams{Mode: stripego.String("setup")}
	stripe.LinkCheckout(p, "42")
	require.Nil(t, p.PaymentIntentData)
	require.Nil(t, p.SubscriptionData)
}
