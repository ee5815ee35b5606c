package stripe

import (
	"encoding/json"

	"github.com/chameleon-go/chameleon/internal/share"
)

// settled is what an invoice was settled with.
type settled struct {
	// paid is money, balance what of the rest the customer's balance paid, and total
	// all of it: what credit notes took off before is like a discount.
	paid, balance, total int64
	// tax is what of the total is tax, notes what credit notes took off.
	tax, notes int64
}

// taxPaid is what of the money was tax, where the customer's balance paid the rest.
func (s settled) taxPaid() int64 {
	if s.total <= 0 || s.paid >= s.total {
		return max(s.tax, 0)
	}
	return share.Down(max(s.tax, 0), s.paid, s.total)
}

// settled reads it. Money that came another way than by Stripe, which the invoice
// was marked with as paid out of band, may be told or be what nothing else explains.
func (inv *invoice) settled() settled {
	var says struct {
		StartingBalance *int64 `json:"starting_balance"`
		OutOfBand       bool   `json:"paid_out_of_band"`
	}
	_ = json.Unmarshal(inv.raw, &says) // another shape: nothing is known
	s := settled{paid: max(inv.AmountPaid, 0), notes: max(inv.PrePaymentCreditNotesAmount, 0), tax: inv.tax()}
	s.total = inv.Total - s.notes
	if s.notes > 0 {
		s.tax = share.Down(max(s.tax, 0), max(s.total, 0), inv.Total)
	}
	rest := max(s.total-s.paid, 0)
	switch {
	case says.StartingBalance != nil:
		s.balance = min(max(inv.EndingBalance-inv.StartingBalance, 0), rest)
	case !says.OutOfBand:
		s.balance = rest
	}
	s.paid += rest - s.balance
	return s
}
