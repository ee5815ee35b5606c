package ledgersuite

import (
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/credits"
)

// Claw claws the grant g back up to total, at the Start.
func (t *Teller) Claw(key string, total int64, change ...func(*credits.ClawBackParams)) *credits.Operation {
	t.Helper()
	p := credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: total, Key: key, At: Start}
	for _, c := range change {
		c(&p)
	}
	return t.Do(p)
}

func dispute(p *credits.ClawBackParams)   { p.Source = credits.SourceDispute }
func forgive(p *credits.ClawBackParams)   { p.Policy = credits.PolicyForgive }
func reinstate(p *credits.ClawBackParams) { p.Reinstate = true }

// Expect checks available, held and debt at the Start.
func (t *Teller) Expect(available, held, debt int64) {
	t.Helper()
	b := t.Balance(Start)
	assert.Equal(t, []int64{available, held, debt}, []int64{b.Available, b.Held, b.Debt}, "available, held, debt")
}

var clawBackScenarios = []scenario{
	{"totals are cumulative", func(t *Teller) {
		t.Grant("g", 100)
		assert.EqualValues(t, 40, t.Claw("1", 40).Amount)
		assert.EqualValues(t, 60, t.Claw("2", 100).Amount)
		assert.Zero(t, t.Claw("3", 100).Amount)
		t.Expect(0, 0, 0)
	}},
	{"a total that comes late changes nothing", func(t *Teller) {
		t.Grant("g", 100)
		t.Claw("1", 70)
		assert.Zero(t, t.Claw("2", 40).Amount)
		t.Expect(30, 0, 0)
	}},
	{"a refund and a dispute take a purchase back once", func(t *Teller) {
		t.Grant("g", 100)
		t.Claw("1", 60)
		assert.EqualValues(t, 40, t.Claw("2", 80, dispute).Amount)
		t.Expect(0, 0, 0)
		assert.EqualValues(t, -40, t.Claw("3", 0, dispute, reinstate).Amount, "the dispute is won")
		t.Expect(40, 0, 0)
		assert.EqualValues(t, -60, t.Claw("4", 0, reinstate).Amount)
		t.Expect(100, 0, 0)
	}},
	{"what was carried over is not part of the purchase", func(t *Teller) {
		t.Grant("old", 50)
		p := t.GrantOp("g", 100)
		p.CarryOver = &credits.CarryOver{GrantKey: "old", Max: 50}
		t.Do(p)
		t.Refuse(credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: 101, Key: "x", At: Start}, credits.ErrExceeds)
		t.Claw("1", 100)
		assert.Zero(t, t.Claw("2", 100, dispute).Amount)
		t.Expect(50, 0, 0)
	}},
	{"the policy debt: what was spent is owed", func(t *Teller) {
		t.Grant("g", 100)
		t.Grant("other", 10)
		t.Charge("c", 70, Start)
		got := t.Claw("1", 100)
		assert.Equal(t, []int64{100, 0}, []int64{got.Amount, got.Forgiven})
		t.Expect(10, 0, 70)
	}},
	{"the policy forgive: what was spent is let go", func(t *Teller) {
		t.Grant("g", 100)
		t.Charge("c", 70, Start)
		got := t.Claw("1", 100, forgive)
		assert.Equal(t, []int64{30, 70}, []int64{got.Amount, got.Forgiven})
		t.Expect(0, 0, 0)
		assert.Zero(t, t.Claw("2", 100, dispute).Amount, "what was forgiven is settled")
	}},
	{"what was forgiven does not come back by a refund", func(t *Teller) {
		t.Grant("g", 1000)
		t.Charge("c", 300, Start)
		t.Claw("1", 1000, forgive)
		back := credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 100, Key: "r", At: Start}
		first := t.Do(back)
		assert.Equal(t, []int64{100, 100, 0}, []int64{first.Amount, first.TakenBack, first.Available})
		t.Same(first, t.Do(back))
		back.Amount, back.Key = 0, "the rest"
		assert.EqualValues(t, 200, t.Do(back).TakenBack)
		t.Expect(0, 0, 0)
		assert.EqualValues(t, -1000, t.Claw("won", 0, reinstate).Amount)
		t.Expect(1000, 0, 0)
	}},
	{"what was forgiven in part comes back beyond that", func(t *Teller) {
		t.Grant("g", 1000)
		t.Charge("c", 800, Start)
		t.Claw("1", 500, forgive)
		got := t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Key: "r", At: Start})
		assert.Equal(t, []int64{800, 300, 500}, []int64{got.Amount, got.TakenBack, got.Available})
	}},
	{"what was forgiven does not come back by a hold", func(t *Teller) {
		t.Grant("g", 100)
		t.Charge("c", 40, Start)
		t.Do(t.HoldOp("h", 30, Start, time.Hour))
		t.Claw("1", 100, forgive)
		t.Expect(0, 30, 30)
		t.Grant("payer", 30)
		t.Expect(0, 30, 0)
		b := t.Balance(Hour(1))
		assert.Equal(t, []int64{0, 0, 0}, []int64{b.Available, b.Held, b.Debt})
	}},
	{"a claw-back follows what was carried over", func(t *Teller) {
		t.Grant("g", 100, 10)
		carry := func(from, to string, limit int64) {
			p := t.GrantOp(to, 10, 20)
			p.CarryOver = &credits.CarryOver{GrantKey: from, Max: limit}
			t.Do(p)
		}
		carry("g", "second", 80)
		carry("second", "third", 75) // 10 of its own, 65 of g
		t.Charge("c", 15, Start)     // what expires first: 15 of the 20 left of g
		t.Expect(105, 0, 0)
		got := t.Claw("1", 95, forgive)
		assert.Equal(t, []int64{85, 10}, []int64{got.Amount, got.Forgiven})
		t.Expect(20, 0, 0)
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Key: "r", At: Start})
		t.Expect(25, 0, 0)
		t.Claw("won", 0, reinstate)
		t.Expect(120, 0, 0)
		assert.EqualValues(t, 120, t.Balance(Start).Total)
	}},
	{"a claw-back of a renewal leaves what was carried into it", func(t *Teller) {
		t.Grant("may", 100, 10)
		p := t.GrantOp("g", 50, 20)
		p.CarryOver = &credits.CarryOver{GrantKey: "may", Max: 100}
		t.Do(p)
		t.Charge("c", 120, Start)
		got := t.Claw("1", 50)
		assert.EqualValues(t, 50, got.Amount)
		t.Expect(30, 0, 50)
	}},
	{"debts that a purchase paid are owed again when it is clawed back", func(t *Teller) {
		t.Grant("lost", 100)
		t.Charge("c", 100, Start)
		t.Do(credits.ClawBackParams{UserUUID: t.User, GrantKey: "lost", Total: 100, Source: credits.SourceDispute, Key: "d", At: Start})
		assert.EqualValues(t, 100, t.Grant("g", 150).DebtPaid)
		t.Charge("c2", 50, Start)
		got := t.Claw("1", 150, forgive)
		assert.Equal(t, []int64{100, 50}, []int64{got.Amount, got.Forgiven})
		t.Expect(0, 0, 100)
		t.Grant("payer", 120)
		t.Expect(20, 0, 0)
		// The dispute is won: the one who paid in the end gets it back.
		t.Do(credits.ClawBackParams{
			UserUUID: t.User, GrantKey: "lost", Source: credits.SourceDispute, Reinstate: true, Key: "won", At: Start,
		})
		t.Expect(120, 0, 0)
	}},
	{"paid debt does not go back to a purchase that was taken back", func(t *Teller) {
		t.Grant("lost", 100)
		t.Charge("c", 100, Start)
		t.Do(credits.ClawBackParams{UserUUID: t.User, GrantKey: "lost", Total: 100, Source: credits.SourceDispute, Key: "d", At: Start})
		t.Grant("payer", 100) // pays it
		t.Grant("g", 70)
		t.Charge("c2", 70, Start)
		t.Claw("1", 70)
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c2", Key: "r", At: Start}) // pays its own, last of all
		t.Expect(0, 0, 0)
		t.Do(credits.ClawBackParams{
			UserUUID: t.User, GrantKey: "lost", Source: credits.SourceDispute, Reinstate: true, Key: "won", At: Start,
		})
		t.Expect(100, 0, 0)
		t.Refuse(credits.VoidParams{UserUUID: t.User, GrantKey: "g", Key: "v", At: Start}, credits.ErrSpent)
		t.Do(credits.VoidParams{UserUUID: t.User, GrantKey: "payer", Key: "v", At: Start}) // is whole again
	}},
	{"a void of a renewal takes what was carried into it", func(t *Teller) {
		t.Grant("g", 100)
		p := t.GrantOp("renewal", 50)
		p.CarryOver = &credits.CarryOver{GrantKey: "g", Max: 60}
		t.Do(p)
		assert.EqualValues(t, 110, t.Do(credits.VoidParams{UserUUID: t.User, GrantKey: "renewal", Key: "v", At: Start}).Amount)
		t.Expect(40, 0, 0)
		assert.EqualValues(t, 40, t.Claw("1", 100).Amount, "the rest was voided, not spent")
		t.Expect(0, 0, 0)
	}},
	{"what is held becomes debt, which its release pays", func(t *Teller) {
		t.Grant("g", 100)
		t.Do(t.HoldOp("h", 30, Start, 0))
		t.Claw("1", 100, forgive)
		t.Expect(0, 30, 30)
		assert.EqualValues(t, 30, t.Do(t.ReleaseOp("h", "r", Start)).DebtPaid)
		t.Expect(0, 0, 0)
	}},
	{"grants pay debt first", func(t *Teller) {
		t.Grant("g", 100)
		t.Charge("c", 100, Start)
		t.Claw("1", 100)
		got := t.Grant("a", 30)
		assert.Equal(t, []int64{30, 30, 0}, []int64{got.Amount, got.DebtPaid, got.Available})
		got = t.Grant("b", 100)
		assert.Equal(t, []int64{100, 70, 30}, []int64{got.Amount, got.DebtPaid, got.Available})
		assert.EqualValues(t, 230, t.Balance(Start).Total)
		t.Expect(30, 0, 0)
	}},
	{"refunds pay debt first", func(t *Teller) {
		t.Grant("g", 100)
		t.Charge("c", 100, Start)
		t.Claw("1", 100)
		got := t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 60, Key: "r", At: Start})
		assert.Equal(t, []int64{60, 60, 0}, []int64{got.Amount, got.DebtPaid, got.Available})
		t.Expect(0, 0, 40)
	}},
	{"a timeout pays debt", func(t *Teller) {
		t.Grant("g", 100)
		t.Do(t.HoldOp("h", 100, Start, time.Hour))
		t.Claw("1", 100)
		b := t.Balance(Hour(1))
		assert.Equal(t, []int64{0, 0, 0}, []int64{b.Available, b.Held, b.Debt})
	}},
	{"paid debt goes back to the grants that paid it", func(t *Teller) {
		t.Grant("g", 100)
		t.Charge("c", 100, Start)
		t.Claw("1", 100, dispute)
		t.Grant("payer", 80, 5)
		t.Grant("payer 2", 80)
		t.Expect(60, 0, 0)
		got := t.Claw("2", 0, dispute, reinstate)
		assert.EqualValues(t, -100, got.Amount)
		t.Expect(160, 0, 0)
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Key: "r", At: Start})
		t.Expect(260, 0, 0)
	}},
	{"debt stands while other grants are spent", func(t *Teller) {
		t.Grant("other", 10)
		t.Grant("g", 100, 5)
		t.Charge("c", 100, Start)
		t.Claw("1", 100)
		t.Charge("d", 10, Start)
		t.Refuse(t.ChargeOp("e", 1, Start), credits.ErrInsufficient)
		t.Expect(0, 0, 100)
	}},
	{"an expired grant is taken from what expired", func(t *Teller) {
		t.Grant("g", 100, 1)
		t.Charge("c", 30, Start)
		got := t.Claw("1", 100, func(p *credits.ClawBackParams) { p.At = Hour(2) })
		assert.EqualValues(t, 100, got.Amount)
		b := t.Balance(Hour(2))
		assert.Equal(t, []int64{0, 0, 30}, []int64{b.Available, b.Expired, b.Debt})
	}},
	{"a void undoes an unspent grant", func(t *Teller) {
		t.Grant("g", 100)
		t.Grant("other", 10)
		void := credits.VoidParams{UserUUID: t.User, GrantKey: "g", Key: "v", At: Start}
		assert.EqualValues(t, 100, t.Do(void).Amount)
		t.Expect(10, 0, 0)
		assert.EqualValues(t, 110, t.Balance(Start).Total)
		void.Key = "v2"
		t.Refuse(void, credits.ErrSpent)
		assert.Zero(t, t.Claw("claw", 100).Amount, "it has been taken back once")
		t.Expect(10, 0, 0)
	}},
	{"a void of a grant that is not whole is refused", func(t *Teller) {
		void := credits.VoidParams{UserUUID: t.User, GrantKey: "g", Key: "v", At: Start}
		t.Grant("g", 100)
		t.Charge("c", 1, Start)
		t.Refuse(void, credits.ErrSpent)
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Key: "r", At: Start})
		t.Do(t.HoldOp("h", 1, Start, 0))
		t.Refuse(void, credits.ErrSpent)
		t.Do(t.ReleaseOp("h", "rel", Start))
		t.Claw("1", 1)
		t.Refuse(void, credits.ErrSpent)
		t.Claw("2", 0, reinstate)
		t.Do(void)
		t.Expect(0, 0, 0)
	}},
	{"a void of a grant that became debt is refused", func(t *Teller) {
		t.Grant("g", 100)
		t.Charge("c", 100, Start)
		t.Claw("1", 100)
		t.Grant("payer", 200)
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Key: "r", At: Start})
		t.Refuse(credits.VoidParams{UserUUID: t.User, GrantKey: "g", Key: "v", At: Start}, credits.ErrSpent)
		t.Expect(200, 0, 0)
	}},
	{"a void of a renewal is refused if what it carried over became debt", func(t *Teller) {
		t.Grant("month", 100, 10)
		renewal := t.GrantOp("renewal", 50, 20)
		renewal.At, renewal.CarryOver = Hour(10), &credits.CarryOver{GrantKey: "month", Max: 100}
		t.Do(renewal)
		t.Charge("c", 150, Hour(10))
		t.Do(credits.ClawBackParams{UserUUID: t.User, GrantKey: "month", Total: 100, Key: "1", At: Hour(10)})
		payer := t.GrantOp("payer", 200)
		payer.At = Hour(10)
		t.Do(payer)
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Key: "r", At: Hour(10)})
		t.Refuse(credits.VoidParams{UserUUID: t.User, GrantKey: "renewal", Key: "v", At: Hour(10)}, credits.ErrSpent)
		assert.EqualValues(t, 250, t.Balance(Hour(10)).Available)
	}},
}
