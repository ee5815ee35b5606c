package hooktest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// Order creates an order of 10.00 that grants 500 credits.
func Order(t testing.TB, db bun.IDB, p orders.CreateParams) {
	t.Helper()
	p.ProductID, p.Amount, p.Credits = "pro", 1000, 500
	_, err := orders.Create(t.Context(), db, p)
	require.NoError(t, err)
}

// Twice handles an event twice and returns the first result: the second is a replay.
func Twice(t testing.TB, db bun.IDB, kind string, handle Handle) *webhook.Result {
	t.Helper()
	first, err := handle(t.Context(), db)
	require.NoError(t, err, kind)
	again, err := handle(t.Context(), db)
	require.NoError(t, err, kind)
	if first.Order != nil {
		assert.True(t, again.Order.Replayed, "%s, sent twice, is a replay", kind)
	}
	return first
}

// Refused handles an event that is refused, and returns the error.
func Refused(t testing.TB, db bun.IDB, kind string, handle Handle) *webhook.Error {
	t.Helper()
	_, err := handle(t.Context(), db)
	var typed *webhook.Error
	require.ErrorAs(t, err, &typed, kind)
	return typed
}

// Available is what an account can spend, less what it owes.
func Available(t testing.TB, db bun.IDB, user string) int64 {
	t.Helper()
	b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: user})
	require.NoError(t, err)
	return b.Available - b.Debt
}
