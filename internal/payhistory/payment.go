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

// refunded is what refunds gave back.
func (p *Payment) refunded() (sum int64) {
	for _, r := range p.Refunds {
		if !r.Failed {
			sum += r.Amount
		}
	}
	return sum
}

// Back is what of the payment is not the merchant's: in all, and for good. Credit notes
// are of the bill.
func (p *Payment) Back() (all, final int64) {
	all = p.charged()
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

// noted is what of a bill's money credit notes left with the customer's balance.
func (o *Owed) noted() (sum int64) {
	for _, p := range o.Payments {
		if p.ID != "" {
			sum += p.refunded() - p.charged()
		}
	}
	return sum
}

// charged is what the provider's charge says was refunded: credit notes that left it
// with the balance are none of that.
func (p *Payment) charged() (sum int64) {
	for _, r := range p.Refunds {
		if !r.Failed && !r.Note {
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
	// Note is that of a credit note for the Bill: the money is with the customer's
	// balance, or was given back the way that it came.
	Note bool
	Bill string
}

// Dispute is one of a payment. Status is open, reinstated, won or lost.
type Dispute struct {
	ID     string
	Of     *Payment
	Amount int64
	Status string
	At     time.Time
}
