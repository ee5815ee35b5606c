package ledgermodel

import (
	"fmt"
	"slices"

	"github.com/chameleon-go/chameleon/credits"
)

func clawBackVerb(p credits.ClawBackParams) verb {
	source, policy := or(p.Source, credits.SourceRefund), or(p.Policy, credits.PolicyDebt)
	return verb{
		user: p.UserUUID, key: p.Key, at: p.At, orderNo: p.OrderNo,
		payload: fmt.Sprint("claw_back", p.GrantKey, p.Total, source, p.Reinstate, policy, p.OrderNo),
		apply: func(a *Account, header credits.Entry) error {
			g := a.grantByKey(p.GrantKey)
			if g == nil {
				return &credits.NotFoundError{UserUUID: a.User, What: "grant", Key: p.GrantKey}
			}
			if p.Total > g.Given {
				return &credits.ExceedsError{UserUUID: a.User, Key: p.GrantKey, Asked: p.Total, Left: g.Given}
			}
			if p.Total > g.Claws.Totals[source] || p.Reinstate {
				g.Claws.Totals[source] = p.Total
			}
			header.OpKind, header.TargetSeq = credits.KindClawBack, g.Lot
			w := a.write(header)
			// However many sources want it, the grant is taken back once.
			var wanted int64
			for _, total := range g.Claws.Totals {
				wanted += total
			}
			wanted = min(wanted, g.Given)
			if g.Voided {
				wanted = 0
			}
			met := g.Claws.Taken + g.Claws.Debt + g.Claws.Forgiven
			if wanted >= met {
				w.take(g, wanted-met, policy)
			} else {
				w.giveBack(g, met-wanted)
			}
			return nil
		},
	}
}

// take takes what is left of the grant. What was spent becomes debt or is
// forgiven; what is held becomes debt either way.
func (w *writer) take(g *Grant, amount int64, policy credits.ClawBackPolicy) {
	taken := min(amount, w.Free(g.Lot))
	g.Claws.Held = min(g.Claws.Held, w.Held(g.Lot))
	held := min(amount-taken, w.Held(g.Lot)-g.Claws.Held)
	g.Claws.Held += held
	spent := amount - taken - held
	var debt int64
	if g.Expires > w.AsOf {
		debt += held
	}
	if policy == credits.PolicyDebt {
		debt += spent
	}
	g.Claws.Taken += taken
	g.Claws.Debt += debt
	g.Claws.Forgiven += amount - taken - debt
	w.post(g.Lot, credits.TypeClawBack, -taken, 0)
	if debt > 0 {
		w.post(DebtLot, credits.TypeClawBack, -debt, 0)
	}
}

// giveBack undoes a claw-back: first what was forgiven, then the debt, then
// what was taken. Debt that has been paid meanwhile goes back to who paid it,
// the last payer first.
func (w *writer) giveBack(g *Grant, amount int64) {
	forgiven := min(amount, g.Claws.Forgiven)
	debt := min(amount-forgiven, g.Claws.Debt)
	taken := amount - forgiven - debt
	g.Claws.Forgiven -= forgiven
	g.Claws.Debt -= debt
	g.Claws.Taken -= taken
	g.Claws.Held = max(0, g.Claws.Held-forgiven-debt)
	owed := min(debt, w.Debt())
	w.post(g.Lot, credits.TypeClawBack, taken, 0)
	if owed > 0 {
		w.post(DebtLot, credits.TypeClawBack, owed, 0)
	}
	paid := debt - owed
	for _, e := range slices.Backward(slices.Clone(w.Entries)) {
		if e.TransType != credits.TypeDebtPayment || e.Lot == DebtLot {
			continue
		}
		if back := min(paid, w.debtPaidBy(e.Lot)); back > 0 {
			w.post(e.Lot, credits.TypeDebtPayment, back, 0)
			paid -= back
		}
	}
	if taken > 0 {
		w.pay(g.Lot, taken)
	}
}

// debtPaidBy is how much debt a grant paid and did not get back.
func (a *Account) debtPaidBy(lot int64) int64 {
	return a.sum(func(e *credits.Entry) int64 {
		if e.Lot != lot || e.TransType != credits.TypeDebtPayment {
			return 0
		}
		return -e.Credits
	})
}
