package creem_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/orders/creem"
)

func TestCheckoutOf(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(struct {
		creem.Checkout
		ProductID string `json:"product_id"`
	}{creem.CheckoutOf("42"), "prod_1"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"request_id": "42", "metadata": {"order_no": "42"}, "product_id": "prod_1"}`, string(text))
}
