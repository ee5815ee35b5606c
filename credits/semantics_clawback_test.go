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
	{"what was forgiven does not come back by a refund", func(t *teller) {
		t.grant("g", 1000)
		t.charge("c", 300, start)
		t.claw("1", 1000, forgive)
		back := credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: 100, Key: "r", At: start}
		first := t.do(back)
		assert.Equal(t, []int64{100, 100, 0}, []int64{first.Amount, first.TakenBack, first.Available})
		t.same(first, t.do(back))
		back.Amount, back.Key = 0, "the rest"
		assert.EqualValues(t, 200, t.do(back).TakenBack)
		t.expect(0, 0, 0)
		assert.EqualValues(t, -1000, t.claw("won", 0, reinstate).Amount)
		t.expect(1000, 0, 0)
	}},
	{"what was forgiven in part comes back beyond that", func(t *teller) {
		t.grant("g", 1000)
		t.charge("c", 800, start)
		t.claw("1", 500, forgive)
		got := t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Key: "r", At: start})
		assert.Equal(t, []int64{800, 300, 500}, []int64{got.Amount, got.TakenBack, got.Available})
	}},
	{"what was forgiven does not come back by a hold", func(t *teller) {
		t.grant("g", 100)
		t.charge("c", 40, start)
		t.do(t.holdOp("h", 30, start, time.Hour))
		t.claw("1", 100, forgive)
		t.expect(0, 30, 30)
		t.grant("payer", 30)
		t.expect(0, 30, 0)
		b := t.balance(hour(1))
		assert.Equal(t, []int64{0, 0, 0}, []int64{b.Available, b.Held, b.Debt})
	}},
	{"a claw-back follows what was carried over", func(t *teller) {
		t.grant("g", 100, 10)
		carry := func(from, to string, limit int64) {
			p := t.grantOp(to, 10, 20)
			p.CarryOver = &credits.CarryOver{GrantKey: from, Max: limit}
			t.do(p)
		}
		carry("g", "second", 80)
		carry("second", "third", 75) // 10 of its own, 65 of g
		t.charge("c", 15, start)     // what expires first: 15 of the 20 left of g
		t.expect(105, 0, 0)
		got := t.claw("1", 95, forgive)
		assert.Equal(t, []int64{85, 10}, []int64{got.Amount, got.Forgiven})
		t.expect(20, 0, 0)
		t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Key: "r", At: start})
		t.expect(25, 0, 0)
		t.claw("won", 0, reinstate)
		t.expect(120, 0, 0)
		assert.EqualValues(t, 120, t.balance(start).Total)
	}},
	{"a claw-back of a renewal leaves what was carried into it", func(t *teller) {
		t.grant("may", 100, 10)
		p := t.grantOp("g", 50, 20)
		p.CarryOver = &credits.CarryOver{GrantKey: "may", Max: 100}
		t.do(p)
		t.charge("c", 120, start)
		got := t.claw("1", 50)
		assert.EqualValues(t, 50, got.Amount)
		t.expect(30, 0, 50)
	}},
	{"debts that a purchase paid are owed again when it is clawed back", func(t *teller) {
		t.grant("lost", 100)
		t.charge("c", 100, start)
		t.do(credits.ClawBackParams{UserUUID: t.user, GrantKey: "lost", Total: 100, Source: credits.SourceDispute, Key: "d", At: start})
		assert.EqualValues(t, 100, t.grant("g", 150).DebtPaid)
		t.charge("c2", 50, start)
		got := t.claw("1", 150, forgive)
		assert.Equal(t, []int64{100, 50}, []int64{got.Amount, got.Forgiven})
		t.expect(0, 0, 100)
		t.grant("payer", 120)
		t.expect(20, 0, 0)
		// The dispute is won: the one who paid in the end gets it back.
		t.do(credits.ClawBackParams{
			UserUUID: t.user, GrantKey: "lost", Source: credits.SourceDispute, Reinstate: true, Key: "won", At: start,
		})
		t.expect(120, 0, 0)
	}},
	{"paid debt does not go back to a purchase that was taken back", func(t *teller) {
		t.grant("lost", 100)
		t.charge("c", 100, start)
		t.do(credits.ClawBackParams{UserUUID: t.user, GrantKey: "lost", Total: 100, Source: credits.SourceDispute, Key: "d", At: start})
		t.grant("payer", 100) // pays it
		t.grant("g", 70)
		t.charge("c2", 70, start)
		t.claw("1", 70)
		t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c2", Key: "r", At: start}) // pays its own, last of all
		t.expect(0, 0, 0)
		t.do(credits.ClawBackParams{
			UserUUID: t.user, GrantKey: "lost", Source: credits.SourceDispute, Reinstate: true, Key: "won", At: start,
		})
		t.expect(100, 0, 0)
		t.refuse(credits.VoidParams{UserUUID: t.user, GrantKey: "g", Key: "v", At: start}, credits.ErrSpent)
		t.do(credits.VoidParams{UserUUID: t.user, GrantKey: "payer", Key: "v", At: start}) // is whole again
	}},
	{"a void of a renewal takes what was carried into it", func(t *teller) {
		t.grant("g", 100)
		p := t.grantOp("renewal", 50)
		p.CarryOver = &credits.CarryOver{GrantKey: "g", Max: 60}
		t.do(p)
		assert.EqualValues(t, 110, t.do(credits.VoidParams{UserUUID: t.user, GrantKey: "renewal", Key: "v", At: start}).Amount)
		t.expect(40, 0, 0)
		assert.EqualValues(t, 40, t.claw("1", 100).Amount, "the rest was voided, not spent")
		t.expect(0, 0, 0)
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
	{"a void of a renewal is refused if what it carried over became debt", func(t *teller) {
		t.grant("month", 100, 10)
		renewal := t.grantOp("renewal", 50, 20)
		renewal.At, renewal.CarryOver = hour(10), &credits.CarryOver{GrantKey: "month", Max: 100}
		t.do(renewal)
		t.charge("c", 150, hour(10))
		t.do(credits.ClawBackParams{UserUUID: t.user, GrantKey: "month", Total: 100, Key: "1", At: hour(10)})
		payer := t.grantOp("payer", 200)
		payer.At = hour(10)
		t.do(payer)
		t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Key: "r", At: hour(10)})
		t.refuse(credits.VoidParams{UserUUID: t.user, GrantKey: "renewal", Key: "v", At: hour(10)}, credits.ErrSpent)
		assert.EqualValues(t, 250, t.balance(hour(10)).Available)
	}},
}
