package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Two payments that pay one invoice are both its order's: neither is surplus, and
// the refund of one takes its part of the credits, in whatever order all of it is
// told.
func TestAnInvoicePaidInParts(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		start := newShop(t, env).now
		for i, turn := range [][]string{
			{"invoice", "a", "b", "refund a", "refund b"},
			{"invoice", "b", "a", "refund b", "refund a"},
			{"a", "b", "invoice", "refund a", "refund b"},
			{"refund b", "b", "refund a", "a", "invoice"},
			{"refund a", "invoice", "refund b", "b", "a"},
			{"a", "invoice", "refund b", "refund a", "b"},
		} {
			s := newShop(t, env, string(rune('a'+i)))
			id := string(rune('1' + i))
			s.order(t, "S"+id, orders.IntervalMonth)
			inv := invoices("subscription_create", start, start.AddDate(0, 1, 0))["current"]
			inv["id"], inv["total_taxes"] = "in_"+id, []m{{"amount": 200}}
			inv["parent"] = m{"subscription_details": m{"subscription": "sub_" + id, "metadata": m{"order_no": "S" + id}}}
			for _, what := range turn {
				intent := "pi_" + id + what[len(what)-1:]
				amount := map[byte]int64{'a': 400, 'b': 600}[what[len(what)-1]]
				switch {
				case what == "invoice":
					s.send(t, "invoice.paid", inv)
				case len(what) == 1:
					s.send(t, "invoice_payment.paid", m{
						"id": "inpay_" + intent, "object": "invoice_payment", "invoice": "in_" + id, "amount_paid": amount,
						"currency": "usd", "payment": m{"type": "payment_intent", "payment_intent": intent}, "status": "paid",
					})
				default: // half of the one, all of the other
					back := map[byte]int64{'a': 200, 'b': 600}[what[len(what)-1]]
					s.send(t, "charge.refunded", m{"payment_intent": intent, "amount": amount, "amount_refunded": back, "currency": "usd"})
				}
			}
			o := s.stored(t, "S"+id)
			assert.EqualValues(t, 800, o.RefundedAmount, "%v", turn)
			assert.EqualValues(t, 200, s.available(t), "%v: 100, and 500 less four fifths", turn)
			list, err := orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{OrderNo: "S" + id})
			require.NoError(t, err)
			require.Len(t, list.Items, 2, "%v", turn)
			for _, pm := range list.Items {
				want := []int64{400, 80, 320, 200}
				if pm.Ref == "pi_"+id+"b" {
					want = []int64{600, 120, 480, 600}
				}
				assert.Equal(t, orders.PaymentPaid, pm.Status, "%v %s", turn, pm.Ref)
				assert.Equal(t, want, []int64{pm.Gross, pm.Tax, pm.Net, pm.Refunded}, "%v %s", turn, pm.Ref)
			}
			// What is left is given back, too.
			s.send(t, "charge.refunded", m{"payment_intent": "pi_" + id + "a", "amount": 400, "amount_refunded": 400, "currency": "usd"})
			assert.Equal(t, orders.StatusRefunded, s.stored(t, "S"+id).Status, "%v", turn)
			assert.EqualValues(t, 100, s.available(t), "%v", turn)
		}
	})
}

// Two payments that pay an invoice of a second subscription are surplus, whichever is told
// first, and what a credit note gives back of the invoice is taken of them together, beside
// what is disputed.
func TestASurplusInvoicePaidInParts(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		start := newShop(t, env).now
		for i, turn := range [][]string{
			{"invoice", "a", "b", "note", "dispute"},
			{"a", "b", "invoice", "dispute", "note"},
			{"invoice", "note", "b", "dispute", "a"},
			{"dispute", "a", "invoice", "note", "b"},
		} {
			s := newShop(t, env, string(rune('a'+i)))
			id := string(rune('1' + i))
			s.order(t, "S"+id, orders.IntervalMonth)
			s.send(t, "checkout.session.completed", session("S"+id, m{
				"mode": "subscription", "subscription": "sub_of_" + id, "amount_subtotal": 1000,
			}))
			inv := invoices("subscription_create", start, start.AddDate(0, 1, 0))["current"]
			inv["id"] = "in_" + id
			inv["parent"] = m{"subscription_details": m{"subscription": "sub_" + id, "metadata": m{"order_no": "S" + id}}}
			for _, what := range turn {
				intent := "pi_" + id + what
				switch what {
				case "invoice":
					s.send(t, "invoice.paid", inv)
				case "note":
					s.send(t, "credit_note.created", m{
						"id": "cn_" + id, "object": "credit_note", "invoice": "in_" + id, "currency": "usd", "type": "post_payment",
						"status": "issued", "total": 500, "amount": 500,
					})
				case "dispute":
					s.send(t, "charge.dispute.created", m{
						"id": "dp_" + id, "object": "dispute", "payment_intent": "pi_" + id + "a", "amount": 400, "currency": "usd", "status": "needs_response",
					})
				default:
					s.send(t, "invoice_payment.paid", m{
						"id": "inpay_" + intent, "object": "invoice_payment", "invoice": "in_" + id, "amount_paid": map[string]int64{"a": 400, "b": 600}[what],
						"currency": "usd", "payment": m{"type": "payment_intent", "payment_intent": intent}, "status": "paid",
					})
				}
			}
			list, err := orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{OrderNo: "S" + id, Status: orders.PaymentSurplus})
			require.NoError(t, err)
			got := map[string][]int64{}
			for _, pm := range list.Items {
				got[pm.Ref] = []int64{pm.Gross, pm.Refunded, pm.Disputed}
			}
			assert.Equal(t, map[string][]int64{"pi_" + id + "a": {400, 0, 400}, "pi_" + id + "b": {600, 500, 0}}, got, "%v", turn)
		}
	})
}
