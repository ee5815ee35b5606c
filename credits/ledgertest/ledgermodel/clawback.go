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
				return notFound(a.User, "grant", "GrantKey", p.GrantKey)
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
			var wanted, met int64
			for _, total := range g.Claws.Totals {
				wanted += total
			}
			lots := a.lotsOf(g.Lot)
			wanted = min(wanted, g.Given-a.voided(lots))
			for _, l := range lots {
				met += l.Claws.Taken
			}
			met += g.Claws.Debt + g.Claws.Forgiven
			if wanted >= met {
				w.take(g, lots, wanted-met, policy)
			} else {
				w.giveBack(g, lots, met-wanted)
			}
			return nil
		},
	}
}

// lotsOf lists the lots that hold what a grant put in.
func (a *Account) lotsOf(root int64) []*Grant {
	var out []*Grant
	for _, g := range a.Grants {
		if g.Root() == root {
			out = append(out, g)
		}
	}
	return out
}

// among sums the credits of a type over some lots.
func (a *Account) among(lots []*Grant, transType string) int64 {
	return a.sum(func(e *credits.Entry) int64 {
		if e.TransType != transType || !slices.ContainsFunc(lots, func(g *Grant) bool { return g.Lot == e.Lot }) {
			return 0
		}
		return e.Credits
	})
}

func (a *Account) voided(lots []*Grant) int64 { return -a.among(lots, credits.TypeVoid) }

// spare is how much debt a grant paid beyond its own and did not get back.
func (a *Account) spare(root *Grant) int64 {
	return max(-a.among(a.lotsOf(root.Lot), credits.TypeDebtPayment)-root.Claws.Debt, 0)
}

// take takes what is left of the grant's lots. Debts that they paid are owed
// again. What is held becomes debt, or is let go where it has expired. The rest
// was spent: it becomes debt or is forgiven.
func (w *writer) take(g *Grant, lots []*Grant, amount int64, policy credits.ClawBackPolicy) {
	type taken struct{ lot, amount int64 }
	var took []taken
	var debt int64
	for _, l := range lots {
		free := min(amount, w.Free(l.Lot))
		took = append(took, taken{l.Lot, free})
		l.Claws.Taken += free
		amount -= free
	}
	debt = min(amount, w.spare(g))
	amount -= debt
	for _, l := range lots {
		l.Claws.Held = min(l.Claws.Held, w.Held(l.Lot))
		held := min(amount, w.Held(l.Lot)-l.Claws.Held)
		l.Claws.Held += held
		amount -= held
		if l.Expires > w.AsOf {
			debt += held
		} else {
			g.Claws.Forgiven += held
		}
	}
	if policy == credits.PolicyDebt {
		debt += amount
	} else {
		g.Claws.Forgiven += amount
	}
	g.Claws.Debt += debt
	for i, t := range took {
		if i == 0 || t.amount > 0 {
			w.post(t.lot, credits.TypeClawBack, -t.amount, 0)
		}
	}
	if debt > 0 {
		w.post(DebtLot, credits.TypeClawBack, -debt, 0)
	}
}

// giveBack undoes a claw-back: first what was forgiven, then the debt, then
// what was taken, from the latest lot on. Debt that has been paid meanwhile goes
// back to who paid it, the last payer first.
func (w *writer) giveBack(g *Grant, lots []*Grant, amount int64) {
	forgiven := min(amount, g.Claws.Forgiven)
	debt := min(amount-forgiven, g.Claws.Debt)
	g.Claws.Forgiven -= forgiven
	g.Claws.Debt -= debt
	taken, unheld, back := amount-forgiven-debt, forgiven+debt, map[int64]int64{}
	for _, l := range slices.Backward(lots) {
		back[l.Lot] = min(taken, l.Claws.Taken)
		l.Claws.Taken -= back[l.Lot]
		taken -= back[l.Lot]
		held := min(unheld, min(l.Claws.Held, w.Held(l.Lot)))
		l.Claws.Held = min(l.Claws.Held, w.Held(l.Lot)) - held
		unheld -= held
	}
	for i, l := range lots {
		if i == 0 || back[l.Lot] > 0 {
			w.post(l.Lot, credits.TypeClawBack, back[l.Lot], 0)
		}
	}
	owed := min(debt, w.Debt())
	if owed > 0 {
		w.post(DebtLot, credits.TypeClawBack, owed, 0)
	}
	w.repay(debt - owed)
	for _, l := range lots {
		if back[l.Lot] > 0 {
			w.pay(l.Lot, back[l.Lot])
		}
	}
}

// repay gives paid debt back to who paid it. A grant that is clawed back itself
// gets no more than it paid beyond its own debt.
func (w *writer) repay(paid int64) {
	for _, e := range slices.Backward(slices.Clone(w.Entries)) {
		if e.TransType != credits.TypeDebtPayment || e.Lot == DebtLot {
			continue
		}
		root := w.grant(w.grant(e.Lot).Root())
		if back := min(paid, w.debtPaidBy(e.Lot), w.spare(root)); back > 0 {
			w.post(e.Lot, credits.TypeDebtPayment, back, 0)
			w.takeBack(e.Lot, back)
			paid -= back
		}
	}
	if paid > 0 {
		panic("less debt was paid than is given back")
	}
}

// debtPaidBy is how much debt a lot paid and did not get back.
func (a *Account) debtPaidBy(lot int64) int64 {
	return a.sum(func(e *credits.Entry) int64 {
		if e.Lot != lot || e.TransType != credits.TypeDebtPayment {
			return 0
		}
		return -e.Credits
	})
}
