package credits

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// traces is what history says about lots: how much debt they paid and did not get back, and how
// much of them was voided.
func (a *account) traces(ctx context.Context, lots []*lot) (paid, voided int64, err error) {
	ids, among := make([]int64, len(lots)), map[int64]bool{}
	for i, l := range lots {
		ids[i] = l.Lot.Lot
		among[l.Lot.Lot] = true
	}
	var rows []Entry
	err = a.book.db.NewRaw("?", a.history("SELECT lot, credits, trans_type FROM credits_trans WHERE user_uuid = ? AND lot IN (?) "+
		"AND trans_type IN (?, ?)", a.UserUUID, bun.List(ids), TypeDebtPayment, TypeVoid)).Scan(ctx, &rows)
	if err != nil {
		return 0, 0, err
	}
	rows = a.withMissed(rows, func(e *Entry) bool { return among[e.Lot] })
	for _, e := range a.entries {
		if among[e.Lot] {
			rows = append(rows, *e)
		}
	}
	for _, e := range rows {
		// A caller's own type may be equal on an engine that ignores case.
		switch e.TransType {
		case TypeDebtPayment:
			paid -= e.Credits
		case TypeVoid:
			voided -= e.Credits
		}
	}
	return paid, voided, nil
}

// payers returns the lots whose credits paid the debt that a claw-back made and that is no longer
// owed, the last payer first. If an earlier claw-back of a payer forgave something, that is taken
// back from what the payer gets.
//
// A grant that is itself clawed back gets back no more than it paid beyond its own debt.
func (a *account) payers(ctx context.Context, b *builder, amount int64) ([]giveBack, error) {
	if amount == 0 {
		return nil, nil
	}
	paid, order, err := a.payments(ctx)
	if err != nil {
		return nil, err
	}
	lots, err := a.book.lotsByID(ctx, a, order)
	if err != nil {
		return nil, err
	}
	spare, err := a.spare(ctx, lots, paid)
	if err != nil {
		return nil, err
	}
	var parts []portion
	for _, id := range order {
		root := lots[id].root()
		back := min(amount, paid[id], spare[root])
		if back <= 0 {
			continue
		}
		parts = append(parts, portion{lots[id], back})
		paid[id] -= back
		spare[root] -= back
		amount -= back
	}
	if amount > 0 {
		return nil, errBroken(a.UserUUID, "less debt was paid than is given back")
	}
	return a.giveBacks(ctx, b, parts, false)
}

// payments returns how much debt each lot paid and did not get back, and the lots, the last payer
// first.
func (a *account) payments(ctx context.Context) (map[int64]int64, []int64, error) {
	var rows []Entry
	err := a.book.db.NewRaw("? ORDER BY seq", a.history("SELECT lot, seq, credits, trans_type FROM credits_trans "+
		"WHERE user_uuid = ? AND trans_type = ? AND lot <> ?", a.UserUUID, TypeDebtPayment, column.DebtLot)).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, err
	}
	rows = a.withMissed(rows, func(e *Entry) bool { return e.Lot != column.DebtLot })
	for _, e := range a.entries {
		if e.Lot != column.DebtLot {
			rows = append(rows, *e)
		}
	}
	paid := map[int64]int64{}
	var order []int64
	for _, e := range slices.Backward(rows) {
		if e.TransType != TypeDebtPayment {
			continue // a caller's own type, which is equal on an engine that ignores case
		}
		if _, known := paid[e.Lot]; !known {
			order = append(order, e.Lot)
		}
		paid[e.Lot] -= e.Credits
	}
	return paid, order, nil
}

// spare returns how much debt each grant paid beyond its own, by the grant's lot.
func (a *account) spare(ctx context.Context, lots map[int64]*lot, paid map[int64]int64) (map[int64]int64, error) {
	spare := map[int64]int64{}
	for id, l := range lots {
		root, err := a.rootOf(ctx, l)
		if err != nil {
			return nil, err
		}
		if _, known := spare[root.Lot.Lot]; !known {
			state, err := root.clawState()
			if err != nil {
				return nil, err
			}
			spare[root.Lot.Lot] = -state.Debt
		}
		spare[root.Lot.Lot] += paid[id]
	}
	return spare, nil
}
