package ledgermodel

import (
	"slices"

	"github.com/chameleon-go/chameleon/credits"
)

// Charge is a charge or a capture, by its key.
type Charge struct {
	Key string
	// Parts are what it drew on each grant and nobody has given back, in the order of
	// drawing.
	Parts []Part
	// Refunded is what was given back.
	Refunded int64
	// ClawedBack means that a grant that it drew on was clawed back, in part at least.
	ClawedBack bool
}

// Left is what can be refunded.
func (c Charge) Left() int64 {
	var sum int64
	for _, p := range c.Parts {
		sum += p.Amount
	}
	return sum
}

// Charges lists the charges and captures, the first one first.
func (a *Account) Charges() []Charge {
	var out []Charge
	for i := range a.Entries {
		first := &a.Entries[i]
		if first.OpKey == "" || !slices.Contains([]credits.Kind{credits.KindCharge, credits.KindCapture}, first.OpKind) {
			continue
		}
		c := Charge{Key: first.OpKey}
		var left int64
		c.Parts, left = a.refundable(first)
		for _, e := range a.operation(first) {
			if e.Credits < 0 && e.TransType != credits.TypeDebtPayment {
				c.Refunded -= e.Credits
			}
		}
		c.Refunded -= left
		c.ClawedBack = slices.ContainsFunc(c.Parts, func(p Part) bool {
			claws := a.grant(a.grant(p.Lot).Root()).Claws
			return claws.Debt+claws.Forgiven > 0
		})
		out = append(out, c)
	}
	return out
}

// Expiry is when a lot expires.
func (a *Account) Expiry(lot int64) int64 { return a.grant(lot).Expires }
