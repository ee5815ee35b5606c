package payhistory

import "time"

// Payment is money by the provider's name for it, with what became of it.
type Payment struct {
	ID string
	// Amount is the money, with Tax.
	Amount, Tax int64
	At          time.Time
	Refunds     []*Refund
	Dispute     *Dispute
}

// Back is what of the payment is not the merchant's: in all, and for good. Credit notes
// are of the bill.
func (p *Payment) Back() (all, final int64) {
	all = p.refunded()
	final = all
	if d := p.Dispute; d != nil {
		switch d.Status {
		case "open":
			all += d.Amount
		case "lost":
			all, final = all+d.Amount, final+d.Amount
		}
	}
	return min(all, p.Amount), min(final, p.Amount)
}

// noted is what credit notes gave back of a bill.
func (o *Owed) noted() int64 { return given(o.Notes) }

// refunded is what refunds gave back.
func (p *Payment) refunded() int64 { return given(p.Refunds) }

// given is what refunds gave back that did not fail.
func given(all []*Refund) (sum int64) {
	for _, r := range all {
		if !r.Failed {
			sum += r.Amount
		}
	}
	return sum
}

// held is what a dispute took of it.
func (p *Payment) held() int64 {
	if d := p.Dispute; d != nil && (d.Status == "open" || d.Status == "lost") {
		return d.Amount
	}
	return 0
}

// Sale is a payment of a one-time order. Pay is empty where nothing was to be paid.
type Sale struct {
	Order, Pay          string
	Units               int64
	List, Tax, Discount int64
	At                  time.Time
	FailedBefore, Async bool
	GivenUp             bool
}

// Gross is what the customer paid.
func (s *Sale) Gross() int64 { return s.List - s.Discount + s.Tax }

// Refund is money that was given back of a payment. Total is all that was so far
// and did not fail, as of At.
type Refund struct {
	ID            string
	Of            *Payment
	Amount, Total int64
	Failed        bool
	Made, At      time.Time
	// Bill is that of a credit note, empty for others: the money is with the customer's
	// balance, or Outside was given back the way that it came.
	Bill    string
	Outside bool
}

// Dispute is one of a payment. Status is open, reinstated, won or lost.
type Dispute struct {
	ID     string
	Of     *Payment
	Amount int64
	Status string
	At     time.Time
}
