package stripe_test

import (
	"testing"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/payhistory"
	"github.com/chameleon-go/chameleon/orders"
)

// Whatever write an event or a sweep dies after, it did all of its work or none, and the
// call made again ends where one without a crash does.
func TestCrashesAfterEveryWrite(t *testing.T) {
	t.Parallel()
	w := payhistory.World{
		Provider: speaker{version2025}, PayType: orders.PayTypeStripe,
		Handler: func(c *payhistory.Customer) payhistory.Handle { return telling(version2025, c) },
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		payhistory.Crashes(t, env, w, "trial", "part", "less", "change", "monthly", "note")
	})
}
