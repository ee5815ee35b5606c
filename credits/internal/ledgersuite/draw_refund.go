package ledgersuite

import (
	"time"

	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/ledgertest/ledgermodel"
)

// refund draws one that goes wrong if any of what a refund depends on is mistaken: of a
// charge or a capture that drew on several grants, that was refunded in part, or whose grants
// expire or are clawed back meanwhile. Drawn at random, most of them would be of what never took place, or the
// first of a charge on a single grant, which says little.
func (m *machine) refund(t *rapid.T, a *ledgermodel.Account, key string) credits.RefundParams {
	p := credits.RefundParams{UserUUID: a.User, Key: key}
	var choice []ledgermodel.Charge
	for _, c := range a.Charges() {
		choice = append(choice, c)
		if len(c.Parts) > 1 {
			choice = append(choice, c, c)
		}
		if c.Refunded > 0 {
			choice = append(choice, c, c)
		}
		if c.ClawedBack {
			choice = append(choice, c, c, c)
		}
	}
	if len(choice) == 0 || rapid.IntRange(0, 9).Draw(t, "any charge that was sent") == 0 {
		p.ChargeKey, p.Amount, p.At = m.known(t, a, chargeKey), part(t, "part"), m.at(t)
		return p
	}
	c := evenly(t, "charge", choice)
	p.ChargeKey, p.Amount, p.At = c.Key, refunded(t, c), m.refundAt(t, a, c)
	return p
}

// refunded draws how much: all, which 0 means, or what ends within a grant, with it or beyond
// it, or beyond the charge.
func refunded(t *rapid.T, c ledgermodel.Charge) int64 {
	amounts := []int64{0, c.Left(), c.Left() + 1, 1}
	var sum int64
	for i := range c.Parts {
		sum += c.Parts[len(c.Parts)-1-i].Amount // the last one drawn is the first to get back
		amounts = append(amounts, sum-1, sum, sum+1)
	}
	return max(evenly(t, "part", amounts), 0)
}

// refundAt draws when: near the clock, or around the expiry of a grant that was drawn on,
// unless it is far away, where it would end everything else.
func (m *machine) refundAt(t *rapid.T, a *ledgermodel.Account, c ledgermodel.Charge) time.Time {
	at := []time.Time{m.at(t)}
	for _, part := range c.Parts {
		expires := time.UnixMicro(a.Expiry(part.Lot)).UTC()
		if away := expires.Sub(m.now); away > 0 && away <= 4*time.Hour {
			at = append(at, expires, expires.Add(-time.Microsecond), expires.Add(time.Hour))
		}
	}
	return evenly(t, "refunded at", at)
}
