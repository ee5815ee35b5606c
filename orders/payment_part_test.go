package orders_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Two payments and a balance pay one invoice: a refund takes what its own payment
// bought.
func TestPaymentsOfOneInvoice(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, db := t.Context(), env.DB
		user := signUp(t, db, "ada@example.com")
		must(orders.Create(ctx, db, orders.CreateParams{
			OrderNo: "P1", UserUUID: user, ProductID: "pro", Amount: 2000, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 1000,
		}))
		must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{
			OrderNo: "P1", Invoice: "in_1", Paid: &orders.Money{Amount: 1000, Currency: "USD"}, FromBalance: 1000,
		}))
		for _, ref := range []string{"pi_1", "pi_2"} {
			linked := must(orders.LinkPayment(ctx, db, orders.LinkPaymentParams{
				Provider: orders.PayTypeStripe, PayRef: ref, Invoice: "in_1", Paid: &orders.Money{Amount: 500, Currency: "USD"},
			}))
			assert.Equal(t, orders.PaymentPaid, linked.Payment.Status, ref)
		}
		for i, ref := range []string{"pi_2", "pi_1"} {
			back := must(orders.Refund(ctx, db, orders.RefundParams{
				Provider: orders.PayTypeStripe, PayRef: ref, Of: 500, Total: 500,
			}))
			assert.EqualValues(t, 250*(i+1), back.Order.RefundedCredits, ref)
		}
	})
}

// One of two payments of an invoice is refunded in part and disputed over the rest, in
// either order: what is known of it was read from its order before.
func TestReversalsOfOnePaymentOfAnInvoice(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, db := t.Context(), env.DB
		user := signUp(t, db, "ada@example.com")
		for _, first := range []string{"refund", "dispute"} {
			must(orders.Create(ctx, db, orders.CreateParams{
				OrderNo: first, UserUUID: user, ProductID: "pro", Amount: 1000, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 1000,
			}))
			must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{
				OrderNo: first, Invoice: "in_" + first, Paid: &orders.Money{Amount: 1000, Currency: "USD"},
			}))
			for _, ref := range []string{"pi_1", "pi_2"} {
				must(orders.LinkPayment(ctx, db, orders.LinkPaymentParams{
					Provider: orders.PayTypeStripe, PayRef: ref + first, Invoice: "in_" + first, Paid: &orders.Money{Amount: 500, Currency: "USD"},
				}))
			}
			for i, what := range []string{first, map[string]string{"refund": "dispute", "dispute": "refund"}[first]} {
				var r *orders.Result
				if what == "refund" {
					r = must(orders.Refund(ctx, db, orders.RefundParams{Provider: orders.PayTypeStripe, PayRef: "pi_2" + first, Of: 500, Ref: "re_1", Total: 250}))
				} else {
					r = must(orders.Dispute(ctx, db, orders.DisputeParams{
						Provider: orders.PayTypeStripe, PayRef: "pi_2" + first, Of: 500, Ref: "dp_1", Amount: 250, Outcome: orders.DisputeOpen,
					}))
				}
				assert.EqualValues(t, 250*(i+1), r.Order.RefundedCredits, "%s, then %s", first, what)
			}
		}
	})
}
