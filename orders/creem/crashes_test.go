package creem_test

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
	w := payhistory.World{Provider: speaker{}, PayType: orders.PayTypeCreem, Handler: telling}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		payhistory.Crashes(t, env, w, "trial", "part", "change", "monthly")
	})
}
