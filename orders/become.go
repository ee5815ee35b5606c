package orders

import (
	"context"
	"math/big"
	"strconv"
	"time"

	"github.com/uptrace/bun"
)

// become makes a paid order buy what another one says: it updates the ledger, the months that were
// paid out, and the row. among are orders that the caller has at hand.
func (o *Order) become(ctx context.Context, tx bun.Tx, buys *Order, at time.Time, ahead time.Duration, among ...*Order) error {
	expires := o.CreditsExpireAt
	if expires.Equal(o.lotEnd().Add(o.Grace)) { // the caller did not set their expiry
		expires = buys.lotEnd().Add(o.Grace)
	}
	if err := o.regrant(ctx, tx, buys.Credits, expires, at, ahead, among...); err != nil {
		return err
	}
	o.TakesBack, o.GivesBack, o.Grants = buys.TakesBack, buys.GivesBack, buys.Grants
	o.PeriodEnd, o.UpdatedAt = buys.PeriodEnd, at
	if expires.Sub(o.CreditsExpireAt).Abs() <= regrantOver { // it is not that of a renewal by now
		o.CreditsExpireAt = expires
	}
	o.schedule()
	if err := update(ctx, tx, o); err != nil {
		return err
	}
	return o.recountMonths(ctx, tx, at, ahead, among)
}

// schedule sets when the next month is due, for an order that now grants monthly or no longer
// does. Whether the customer is still entitled to a month is decided when it is due.
func (o *Order) schedule() {
	o.NextGrantAt = time.Time{}
	if o.Grants == 0 || o.TakesBack > 0 {
		return
	}
	if o.GrantsMade = max(o.GrantsMade, 1); o.GrantsMade < o.Grants {
		o.NextGrantAt = o.monthEnd(o.GrantsMade)
	}
}

// recountMonths makes the months that were already paid out grant what the order grants now.
func (o *Order) recountMonths(ctx context.Context, tx bun.Tx, at time.Time, ahead time.Duration, among []*Order) error {
	for n := int64(1); n < o.GrantsMade; n++ {
		part, err := byRenewalKey(ctx, tx, o.monthKey(n))
		if err != nil {
			return err
		}
		if part == nil {
			continue
		}
		if part, err = part.lockedAmong(ctx, tx, among); err != nil {
			return err
		}
		if err := part.regrant(ctx, tx, o.monthCredits(n+1), part.CreditsExpireAt, at, ahead); err != nil {
			return err
		}
		part.UpdatedAt = at
		if err := update(ctx, tx, part); err != nil {
			return err
		}
	}
	return nil
}

// monthKey is the renewal key of a month after the first.
func (o *Order) monthKey(n int64) string {
	return o.SubID + "#" + o.OrderNo + "." + strconv.FormatInt(n, 10)
}

// each returns what the order grants each month, minus what it takes. An order with a single grant
// counts as its first month.
func (o *Order) each() *big.Rat {
	each := new(big.Rat).SetInt64(o.Credits - o.TakesBack)
	if length := int64(o.PeriodEnd.Sub(o.PeriodStart) / time.Second); o.Grants == 0 && length > 0 {
		month := int64(addMonths(o.PeriodStart, 1).Sub(o.PeriodStart) / time.Second)
		each.Mul(each, big.NewRat(month, length))
	}
	return each
}

// buys returns what the order grants for the time between two moments, minus what it takes.
func (o *Order) buys(from, to time.Time) *big.Rat {
	sum := new(big.Rat)
	if o.Grants == 0 {
		sum.Sub(o.left(from), o.left(to))
		return sum.Mul(sum, new(big.Rat).SetInt64(o.Credits-o.TakesBack))
	}
	for n := range o.Grants {
		month := Order{PeriodStart: addMonths(o.PeriodStart, int(n)), PeriodEnd: o.PeriodEnd}
		whole := addMonths(o.PeriodStart, int(n+1))
		if !month.PeriodStart.Before(o.PeriodEnd) {
			break
		}
		if n+1 < o.Grants && whole.Before(o.PeriodEnd) {
			month.PeriodEnd = whole
		}
		each := new(big.Rat).SetInt64(o.Credits - o.TakesBack)
		if o.part() { // its last month may be shorter
			each.Mul(each, big.NewRat(int64(month.PeriodEnd.Sub(month.PeriodStart)), int64(whole.Sub(month.PeriodStart))))
		}
		part := new(big.Rat).Sub(month.left(from), month.left(to))
		sum.Add(sum, part.Mul(part, each))
	}
	return sum
}
