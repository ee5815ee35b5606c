package payevents_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/internal/payevents"
)

// failing counts what is reported instead of failing.
type failing struct {
	testing.TB

	failures int
}

func (f *failing) Errorf(string, ...any) { f.failures++ }
func (*failing) Helper()                 {}

// The comparison notices each way in which the two can differ.
func TestCompareFails(t *testing.T) {
	t.Parallel()
	handled := map[string][]string{"refundcreated": {"Refund"}, "subscriptionpaid": {"Renew"}}
	for name, c := range map[string]struct {
		documented map[string][]string
		failures   int
	}{
		"same":     {map[string][]string{"refundcreated": {"Refund"}, "subscription*": {"Renew"}}, 0},
		"missing":  {map[string][]string{"refundcreated": {"Refund"}}, 1},
		"too many": {map[string][]string{"refundcreated": {"Refund"}, "subscription*": {"Renew"}, "disputewon": {"Dispute"}}, 1},
		"other":    {map[string][]string{"refundcreated": {"Dispute"}, "subscription*": {"Renew"}}, 1},
	} {
		f := &failing{TB: t}
		payevents.Compare(f, handled, c.documented)
		assert.Equal(t, c.failures, f.failures, name)
	}
	assert.Equal(t, []string{"invoicepaid", "invoicepaymentsucceeded", "chargerefunded"},
		payevents.Events("`invoice.paid`, `.payment_succeeded`, `charge.refunded`"))
	assert.Equal(t, payevents.Event("charge.dispute.funds_withdrawn"), payevents.Event("EventTypeChargeDisputeFundsWithdrawn"))
}
