package ledgermodel

import (
	"fmt"

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
	debt := amount - taken
	if policy == credits.PolicyForgive {
		debt = min(debt, w.Held(g.Lot))
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
// what was taken. Debt that has been paid meanwhile comes back as credits.
func (w *writer) giveBack(g *Grant, amount int64) {
	forgiven := min(amount, g.Claws.Forgiven)
	debt := min(amount-forgiven, g.Claws.Debt)
	taken := amount - forgiven - debt
	g.Claws.Forgiven -= forgiven
	g.Claws.Debt -= debt
	g.Claws.Taken -= taken
	owed := min(debt, w.Debt())
	back := taken + debt - owed
	w.post(g.Lot, credits.TypeClawBack, back, 0)
	if owed > 0 {
		w.post(DebtLot, credits.TypeClawBack, owed, 0)
	}
	if back > 0 {
		w.pay(g.Lot, back)
	}
}
