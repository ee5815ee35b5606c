package orders_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/orders"
)

// TestPayTypesAreAnOpenSet: any well-formed name is a payment provider's.
func TestPayTypesAreAnOpenSet(t *testing.T) {
	t.Parallel()
	for _, p := range []orders.PayType{orders.PayTypeStripe, orders.PayTypeCreem, "paypal", "lemon-squeezy", "a.b_c", "3ds"} {
		require.True(t, p.Valid(), p)
	}
	for _, p := range []orders.PayType{"", "PayPal", "-x", "a b", "é", "a\x00", orders.PayType(strings.Repeat("a", 51))} {
		require.False(t, p.Valid(), p)
	}
}
