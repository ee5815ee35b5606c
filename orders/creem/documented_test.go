package creem_test

import (
	"testing"

	"github.com/chameleon-go/chameleon/internal/payevents"
)

// The tables of events in docs say what the handler does, of every event.
func TestEventsAreDocumented(t *testing.T) {
	t.Parallel()
	handled := payevents.Handled(t, ".", "carryOut", nil)
	rows := payevents.Tables(t, "../../docs/payments.md", "Creem: event and effect")
	payevents.Compare(t, handled, payevents.Documented(t, rows))
	for _, row := range payevents.Tables(t, "../../docs/subscriptions.md", "Creem") {
		payevents.Known(t, handled, payevents.Events(row[0]))
	}
}
