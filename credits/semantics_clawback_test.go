package credits_test

import (
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/credits"
)

// claw claws the grant g back up to total, at the start.
func (t *teller) claw(key string, total int64, change ...func(*credits.ClawBackParams)) *credits.Operation {
	t.Helper()
	p := credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: total, Key: key, At: start}
	for _, c := range change {
		c(&p)
	}
	return t.do(p)
}

func dispute(p *credits.ClawBackParams)   { p.Source = credits.SourceDispute }
func forgive(p *credits.ClawBackParams)   { p.Policy = credits.PolicyForgive }
func reinstate(p *credits.ClawBackParams) { p.Reinstate = true }

// expect checks available, held and debt at the start.
func (t *teller) expect(available, held, debt int64) {
	t.Helper()
	b := t.balance(start)
	assert.Equal(t, []int64{available, held, debt}, []int64{b.Available, b.Held, b.Debt}, "available, held, debt")
}

var clawBackScenarios = []scenario{
	{"totals are cumulative", func(t *teller) {
		t.grant("g", 100)
		assert.EqualValues(t, 40, t.claw("1", 40).Amount)
		assert.EqualValues(t, 60, t.claw("2", 100).Amount)
		assert.Zero(t, t.claw("3", 100).Amount)
		t.expect(0, 0, 0)
	}},
	{"a total that comes late changes nothing", func(t *teller) {
		t.grant("g", 100)
		t.claw("1", 70)
		assert.Zero(t, t.claw("2", 40).Amount)
		t.expect(30, 0, 0)
	}},
	{"a refund and a dispute take a purchase back once", func(t *teller) {
		t.grant("g", 100)
		t.claw("1", 60)
		assert.EqualValues(t, 40, t.claw("2", 80, dispute).Amount)
		t.expect(0, 0, 0)
		assert.EqualValues(t, -40, t.claw("3", 0, dispute, reinstate).Amount, "the dispute is won")
		t.expect(40, 0, 0)
		assert.EqualValues(t, -60, t.claw("4", 0, reinstate).Amount)
		t.expect(100, 0, 0)
	}},
	{"what was carried over is not part of the purchase", func(t *teller) {
		t.grant("old", 50)
		p := t.grantOp("g", 100)
		p.CarryOver = &credits.CarryOver{GrantKey: "old", Max: 50}
		t.do(p)
		t.refuse(credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: 101, Key: "x", At: start}, credits.ErrExceeds)
		t.claw("1", 100)
		assert.Zero(t, t.claw("2", 100, dispute).Amount)
		t.expect(50, 0, 0)
	}},
	{"the policy debt: what was spent is owed", func(t *teller) {
		t.grant("g", 100)
		t.grant("other", 10)
		t.charge("c", 70, start)
		got := t.claw("1", 100)
		assert.Equal(t, []int64{100, 0}, []int64{got.Amount, got.Forgiven})
		t.expect(10, 0, 70)
	}},
	{"the policy forgive: what was spent is let go", func(t *teller) {
		t.grant("g", 100)
		t.charge("c", 70, start)
		got := t.claw("1", 100, forgive)
		assert.Equal(t, []int64{30, 70}, []int64{got.Amount, got.Forgiven})
		t.expect(0, 0, 0)
		assert.Zero(t, t.claw("2", 100, dispute).Amount, "what was forgiven is settled")
	}},
	{"what is held becomes debt, which its release pays", func(t *teller) {
		t.grant("g", 100)
		t.do(t.holdOp("h", 30, start, 0))
		t.claw("1", 100, forgive)
		t.expect(0, 30, 30)
		assert.EqualValues(t, 30, t.do(t.releaseOp("h", "r", start)).DebtPaid)
		t.expect(0, 0, 0)
	}},
	{"grants pay debt first", func(t *teller) {
		t.grant("g", 100)
		t.charge("c", 100, start)
		t.claw("1", 100)
		got := t.grant("a", 30)
		assert.Equal(t, []int64{30, 30, 0}, []int64{got.Amount, got.DebtPaid, got.Available})
		got = t.grant("b", 100)
		assert.Equal(t, []int64{100, 70, 30}, []int64{got.Amount, got.DebtPaid, got.Available})
		assert.EqualValues(t, 230, t.balance(start).Total)
		t.expect(30, 0, 0)
	}},
	{"refunds pay debt first", func(t *teller) {
		t.grant("g", 100)
		t.charge("c", 100, start)
		t.claw("1", 100)
		got := t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: 60, Key: "r", At: start})
		assert.Equal(t, []int64{60, 60, 0}, []int64{got.Amount, got.DebtPaid, got.Available})
		t.expect(0, 0, 40)
	}},
	{"a timeout pays debt", func(t *teller) {
		t.grant("g", 100)
		t.do(t.holdOp("h", 100, start, time.Hour))
		t.claw("1", 100)
		b := t.balance(hour(1))
		assert.Equal(t, []int64{0, 0, 0}, []int64{b.Available, b.Held, b.Debt})
	}},
	{"paid debt goes back to the grants that paid it", func(t *teller) {
		t.grant("g", 100)
		t.charge("c", 100, start)
		t.claw("1", 100, dispute)
		t.grant("payer", 80, 5)
		t.grant("payer 2", 80)
		t.expect(60, 0, 0)
		got := t.claw("2", 0, dispute, reinstate)
		assert.EqualValues(t, -100, got.Amount)
		t.expect(160, 0, 0)
		t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Key: "r", At: start})
		t.expect(260, 0, 0)
	}},
	{"debt stands while other grants are spent", func(t *teller) {
		t.grant("other", 10)
		t.grant("g", 100, 5)
		t.charge("c", 100, start)
		t.claw("1", 100)
		t.charge("d", 10, start)
		t.refuse(t.chargeOp("e", 1, start), credits.ErrInsufficient)
		t.expect(0, 0, 100)
	}},
	{"an expired grant is taken from what expired", func(t *teller) {
		t.grant("g", 100, 1)
		t.charge("c", 30, start)
		got := t.claw("1", 100, func(p *credits.ClawBackParams) { p.At = hour(2) })
		assert.EqualValues(t, 100, got.Amount)
		b := t.balance(hour(2))
		assert.Equal(t, []int64{0, 0, 30}, []int64{b.Available, b.Expired, b.Debt})
	}},
	{"a void undoes an unspent grant", func(t *teller) {
		t.grant("g", 100)
		t.grant("other", 10)
		void := credits.VoidParams{UserUUID: t.user, GrantKey: "g", Key: "v", At: start}
		assert.EqualValues(t, 100, t.do(void).Amount)
		t.expect(10, 0, 0)
		assert.EqualValues(t, 110, t.balance(start).Total)
		void.Key = "v2"
		t.refuse(void, credits.ErrSpent)
		assert.Zero(t, t.claw("claw", 100).Amount, "it has been taken back once")
		t.expect(10, 0, 0)
	}},
	{"a void of a grant that is not whole is refused", func(t *teller) {
		void := credits.VoidParams{UserUUID: t.user, GrantKey: "g", Key: "v", At: start}
		t.grant("g", 100)
		t.charge("c", 1, start)
		t.refuse(void, credits.ErrSpent)
		t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Key: "r", At: start})
		t.do(t.holdOp("h", 1, start, 0))
		t.refuse(void, credits.ErrSpent)
		t.do(t.releaseOp("h", "rel", start))
		t.claw("1", 1)
		t.refuse(void, credits.ErrSpent)
		t.claw("2", 0, reinstate)
		t.do(void)
		t.expect(0, 0, 0)
	}},
	{"a void of a grant that became debt is refused", func(t *teller) {
		t.grant("g", 100)
		t.charge("c", 100, start)
		t.claw("1", 100)
		t.grant("payer", 200)
		t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Key: "r", At: start})
		t.refuse(credits.VoidParams{UserUUID: t.user, GrantKey: "g", Key: "v", At: start}, credits.ErrSpent)
		t.expect(200, 0, 0)
	}},
}
