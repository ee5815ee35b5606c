package orders

import (
	"context"
	"math/big"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// About a change that keeps the period, a provider that bills the net reports only that another
// price was paid for, with less than it costs. Until the payment of the period itself is known,
// that looks like a discounted period and would buy all of it. So it waits.

// early reports whether the payment is for a change within the period of o, which has not been
// paid yet.
func (p *period) early(ctx context.Context, tx bun.Tx, first, o *Order) (bool, error) {
	if p.money != nil && o.wasPaid() {
		return p.unnamed(o), nil
	}
	if p.lacks() == 0 || p.money == nil {
		return false, nil
	}
	ran, err := p.ran(ctx, tx, o)
	if err != nil {
		return false, err
	}
	if ran == nil {
		ran = first
	}
	late := p.at.Sub(p.start) > regrantOver // than the payment of a period comes
	switch replaces := ran.PeriodEnd.After(o.PeriodStart.Add(regrantOver)); {
	case !p.another(ran), replaces && !late:
		return false, nil
	case replaces:
		gives, err := p.givesUnused(ctx, tx, o)
		return !gives, err
	}
	return p.change == ChangeTopUp || late || p.lacksAll(ran), nil
}

// unnamed reports whether the payment is for another price or number of seats than an order that
// a payment without a name has paid, whose own is still to come.
func (p *period) unnamed(o *Order) bool {
	named := o.PayRef != "" || o.RenewalKey != "" || p.payRef == ""
	return p.netted && !named && o.PriceID != "" && p.bill != nil && p.bill.main() != nil && p.another(o)
}

// givesUnused reports whether the bill lacks about the unused value of what runs when its period
// begins: then it replaces that, however late it is.
func (p *period) givesUnused(ctx context.Context, tx bun.Tx, o *Order) (bool, error) {
	running, err := p.running(ctx, tx, o, Line{Start: o.PeriodStart})
	if err != nil {
		return false, err
	}
	off := new(big.Rat).SetInt64(-p.lacks())
	for i := range running {
		off.Add(off, (&stake{o: &running[i]}).unused(o.PeriodStart))
	}
	list, _ := p.bill.list()
	return off.Abs(off).Cmp(new(big.Rat).SetInt64(list/soon+1)) <= 0, nil
}

// One part in soon is the most of a period that can have passed an hour after its beginning, and
// also the tolerance for amounts that providers compute.
const soon = 100

// lacksAll reports whether the bill lacks what ran before, as it does for a change as early in a
// period as its payment.
func (p *period) lacksAll(ran *Order) bool {
	list, _ := p.bill.list()
	lacks, worth := p.lacks(), ran.worth()
	return p.untaxed() == 0 || lacks >= worth-1 && lacks <= worth+list/soon
}

// ran returns the latest paid order of the subscription before the period, nil for none.
func (p *period) ran(ctx context.Context, tx bun.Tx, o *Order) (*Order, error) {
	var before []Order
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&before)).
		Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", p.subID).Where("order_no <> ?", o.OrderNo).
		Where("paid_amount IS NOT NULL").Where("part_of IS NULL").Where("price_id IS NOT NULL").
		Where("(renewal_key IS NULL OR renewal_key <> ?)", trialKey(p.subID)).
		Where("period_start < ?", o.PeriodStart).
		OrderExpr("period_start DESC, id DESC").Limit(1).Scan(ctx)
	if err != nil || len(before) == 0 {
		return nil, dialect.Classify(err)
	}
	return &before[0], nil
}

// another reports whether the bill is for another price or another number of seats than o.
func (p *period) another(o *Order) bool {
	main := p.bill.main()
	list, _ := p.bill.list()
	ordered := o.PriceID == main.PriceID && o.Quantity == 0 && !o.wasPaid()
	if ordered || o.PriceID == "" || main.PriceID == "" {
		seats := o.wasPaid() && list == times(o.Amount, main.seats()) // before, seats may be what is added
		return o.Amount > 0 && list != o.Amount && !seats
	}
	return o.PriceID != main.PriceID || o.Quantity > 0 && main.Quantity > 0 && o.Quantity != main.Quantity
}
