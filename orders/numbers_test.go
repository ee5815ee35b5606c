package orders_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// TestNumbersAreByteForByte: an order's number is what it is, whatever an engine's
// collation takes for equal.
func TestNumbersAreByteForByte(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := signUp(t, env.DB, "ada@example.com")
		numbers := []string{"ord-e", "ORD-E", "Ord-E", "ord-é", "ord-e\u0301", "ord-\uff45"}
		for _, no := range numbers {
			made, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
				OrderNo: no, UserUUID: user, ProductID: "p", ProductName: "P", Amount: 100, Currency: "USD", Credits: 5, PayType: orders.PayTypeStripe,
			})
			require.NoError(t, err, no)
			require.False(t, made.Replayed, no)
		}
		_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: numbers[1]})
		require.NoError(t, err)
		for i, no := range numbers {
			o, err := orders.Get(t.Context(), env.DB, orders.GetParams{OrderNo: no})
			require.NoError(t, err, no)
			require.Equal(t, no, o.OrderNo)
			require.Equal(t, i == 1, o.Status == orders.StatusPaid, no)
		}
	})
}
