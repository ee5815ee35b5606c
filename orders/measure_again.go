package orders

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// A change may be told before the provider states the period that it is a part of. That
// is computed then, from its payment, and shares of it are off by seconds, or by a day
// where months have other lengths than the provider's. So the parts that were billed are
// kept, and measured again once the period is stated. Whoever never states periods has
// what was computed.
//
// A change may also buy the difference from what runs, and of two within a period the later
// one may be told first. Such a difference is measured again with each change of the
// subscription's orders, so that it is as if all had been told in order.

// measure is what an order's credits are measured by.
type measure struct {
	// Whole is what was bought beside the parts, nil for nothing.
	Whole *int64 `json:"whole,omitempty"`
	// Beyond, when not nil, is what a period buys in all of which the order grants what is
	// beyond what runs when it begins. Parts are then what is given back of that.
	Beyond *int64 `json:"beyond,omitempty"`
	// Within says that it is beyond what runs until the end of its period, Each that this is
	// of each month, and Keep that earlier periods are a gift.
	Within bool `json:"within,omitempty"`
	Each   bool `json:"each,omitempty"`
	Keep   bool `json:"keep,omitempty"`
	// Worth is what was bought in all, in money; negative where more was given back.
	Worth int64  `json:"worth"`
	Parts []Line `json:"parts"`
}

// topUp sets what the order grants, or takes back, beyond what runs.
func (m *measure) topUp(o *Order, running []*Order) {
	difference := new(big.Rat).SetInt64(*m.Beyond)
	for _, r := range running {
		until := r.PeriodEnd
		for i := range m.Parts { // its period may have been computed, or moved
			if l := &m.Parts[i]; l.Amount < 0 && r.ReplacedBy == "" && r.billedUntil(l).Equal(l.End) {
				until = l.End
			}
		}
		billed := *r
		billed.PeriodEnd = until
		difference.Sub(difference, billed.buys(o.PeriodStart, until))
	}
	if o.TakesBack, o.GivesBack = max(-floor(difference), 0), 0; o.TakesBack > 0 {
		o.GivesBack = max(-m.Worth, 0)
	}
	o.Credits = max(floor(difference.Quo(difference, new(big.Rat).SetInt64(max(o.Grants, 1)))), 0)
}

// keep notes it on the order. What is too long for a text of one stays as it is.
func (m *measure) keep(o *Order) {
	if text, err := json.Marshal(m); err == nil && len(text) <= valid.MaxText {
		o.BillParts = string(text)
	}
}

// apply sets what the order buys, or takes back, where its parts are of the period base.
func (m *measure) apply(o, first, base *Order) {
	b := bill{parts: m.Parts}
	if m.Whole == nil && b.byMonth(base) {
		o.payMonthly(floor(b.rate(first, base)), base.Grants)
	} else {
		sum := floor(b.partCredits(first, base))
		if m.Whole != nil {
			sum += *m.Whole
		}
		o.Credits, o.TakesBack = max(sum, 0), max(-sum, 0)
	}
	if o.GivesBack = 0; o.TakesBack > 0 {
		o.GivesBack = max(-m.Worth, 0)
	}
}

// keepParts notes what the order is measured by while the period base is not stated; nil
// is one that is not known at all. So many parts that they are no text of an order stay
// as they were computed.
func (o *Order) keepParts(m measure, base *Order) {
	if o.BillParts = ""; base != nil && base.RenewalKey != "" || len(m.Parts) == 0 {
		return
	}
	m.keep(o)
}

// remeasure measures again, among orders that are locked, those whose period was stated
// since, and those that grant the difference from others, which may have been corrected.
func remeasure(ctx context.Context, tx bun.Tx, all []*Order, at time.Time, ahead time.Duration) error {
	slices.SortFunc(all, byBeginning)
	for _, o := range all {
		if o.BillParts == "" {
			continue
		}
		var m measure
		if err := json.Unmarshal([]byte(o.BillParts), &m); err != nil {
			return fmt.Errorf("order %s: the parts of its bill do not parse: %w", shown.Text(o.OrderNo), err)
		}
		if m.Beyond != nil {
			if err := o.measureBeyond(ctx, tx, &m, all, at, ahead); err != nil {
				return err
			}
			continue
		}
		first, base := o.firstAmong(all), o.baseAmong(all, &m.Parts[0])
		if first == nil || base == nil || base.RenewalKey == "" {
			continue
		}
		buys := *o
		if buys.part() {
			buys.PeriodEnd = base.endOf(&m.Parts[0])
		}
		m.apply(&buys, first, base)
		o.BillParts = ""
		if err := o.become(ctx, tx, &buys, at, ahead, all...); err != nil {
			return err
		}
	}
	return nil
}

// measureBeyond measures the difference from others again.
func (o *Order) measureBeyond(ctx context.Context, tx bun.Tx, m *measure, all []*Order, at time.Time, ahead time.Duration) error {
	buys := *o
	if !m.Within {
		m.topUp(&buys, o.runningAmong(all, o.PeriodStart))
	} else if base := o.baseAmong(all, &Line{Start: o.PeriodStart, End: o.PeriodEnd}); base == nil {
		return nil
	} else if more := m.more(o, base, all); m.Each {
		buys.payMonthly(more, base.Grants)
	} else {
		buys.Credits, buys.TakesBack = max(more, 0), max(-more, 0)
	}
	if buys.Credits == o.Credits && buys.TakesBack == o.TakesBack && buys.Grants == o.Grants {
		return nil
	}
	return o.become(ctx, tx, &buys, at, ahead, all...)
}

// firstAmong is the order that began o's subscription, nil for one that is not there.
func (o *Order) firstAmong(all []*Order) *Order {
	for _, first := range all {
		if first.OrderNo == o.FirstOrderNo {
			return first
		}
	}
	return nil
}

// baseAmong is [period.base] among orders that are at hand.
func (o *Order) baseAmong(all []*Order, l *Line) *Order {
	return baseOf(o.runningAmong(all, l.Start), l)
}

// runningAmong is [period.running] among orders that are at hand.
func (o *Order) runningAmong(all []*Order, at time.Time) []*Order {
	var running []*Order
	for _, b := range all {
		if b.SubID == o.SubID && b.OrderNo != o.OrderNo && b.PartOf == "" && !b.trial() && !b.PeriodStart.After(at) && b.PeriodEnd.After(at) {
			running = append(running, b)
		}
	}
	return running
}
