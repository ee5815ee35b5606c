package stripe_test

import (
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/payevents"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// The tables of events in docs say what the handler does, of every event, and
// every option is explained.
func TestEventsAreDocumented(t *testing.T) {
	t.Parallel()
	handled := payevents.Handled(t, ".", "dispatch", map[string][]string{"Bill": nil, "Renew": {"Prorate"}})
	rows := payevents.Tables(t, "../../docs/payments.md", "Stripe: event and effect")
	payevents.Compare(t, handled, payevents.Documented(t, rows))
	for _, row := range payevents.Tables(t, "../../docs/subscriptions.md", "Stripe") {
		payevents.Known(t, handled, payevents.Events(row[0])[:1])
	}

	var docs string
	for _, name := range []string{"payments", "subscriptions"} {
		text, err := os.ReadFile("../../docs/" + name + ".md")
		require.NoError(t, err)
		docs += string(text)
	}
	for _, options := range []any{webhook.Options{}, stripe.Config{}} {
		for field := range reflect.TypeOf(options).Fields() {
			if name := field.Name; name != "Secrets" && name != "Tolerance" && !field.Anonymous {
				told := regexp.MustCompile("`(\\w+\\.)?(\\w+\\.)?" + name + "`")
				assert.True(t, told.MatchString(docs), "docs say nothing of %s", name)
			}
		}
	}
}
