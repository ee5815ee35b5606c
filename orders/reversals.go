package orders

import (
	"encoding/json"
	"fmt"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// reversals is what refunds and disputes reported, by the provider's names. It does not depend on the
// order of the reports or on how often they arrived.
type reversals struct {
	// Refunds has the running total of the whole payment under "".
	Refunds  map[string]refund  `json:"refunds,omitempty"`
	Disputes map[string]dispute `json:"disputes,omitempty"`
	// Changes numbers what was done about them, for the ledger's keys.
	Changes int64 `json:"changes"`
	// Moves numbers what changes of plans did, in the same way.
	Moves int64 `json:"moves,omitempty"`
	// AtUs is the time of the latest of them, in UTC microseconds, and Policy its policy.
	AtUs   int64                  `json:"at_us,omitempty"`
	Policy credits.ClawBackPolicy `json:"policy,omitempty"`
	// Parts are the reports about the other payments of an invoice that was paid in parts, by
	// their names, and about the invoice itself under "". Whole is the amount of the payment
	// that these reports concern, 0 for all of it.
	Parts map[string]*reversals `json:"parts,omitempty"`
	Whole int64                 `json:"whole,omitempty"`
	// ClawBacks is what was done to the order's credits since they were last granted.
	ClawBacks []mend.ClawBack `json:"claw_backs,omitempty"`
	// Most is how many of the order's credits the renewals before that could keep, nil if they
	// were not granted anew because of these.
	Most *int64 `json:"most,omitempty"`
}

func newReversals() *reversals {
	return &reversals{Refunds: map[string]refund{}, Disputes: map[string]dispute{}}
}

func (o *Order) reversals() (*reversals, error) {
	s := newReversals()
	if o.Reversals == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(o.Reversals), s); err != nil {
		return nil, fmt.Errorf("order %s: its reversals do not parse: %w", shown.Text(o.OrderNo), err)
	}
	return s, nil
}

// refund records a refund, or the running total, and reports whether it is new.
func (s *reversals) refund(ref string, is refund) bool {
	was := s.Refunds[ref]
	if ref == "" {
		is = was.restated(is)
	} else {
		is = was.merged(is)
	}
	if is == was {
		return false
	}
	if s.Refunds == nil { // of a part, which was read
		s.Refunds = map[string]refund{}
	}
	s.Refunds[ref] = is
	return true
}

// dispute records the state of a dispute and reports whether it is new.
func (s *reversals) dispute(ref string, is dispute) bool {
	was, known := s.Disputes[ref]
	if known {
		is = was.merged(is)
	}
	if is == was {
		return false
	}
	if s.Disputes == nil {
		s.Disputes = map[string]dispute{}
	}
	s.Disputes[ref] = is
	return true
}

// merge records the reports of others and reports whether anything is new. scale converts their amounts
// to the unit of s.
func (s *reversals) merge(others *reversals, scale func(int64) int64) bool {
	news := false
	for ref, r := range others.Refunds {
		r.Amount = scale(r.Amount)
		news = s.refund(ref, r) || news
	}
	for ref, d := range others.Disputes {
		d.Amount = scale(d.Amount)
		news = s.dispute(ref, d) || news
	}
	return news
}

// inUnit makes reports that came before the payment, and may say what it was in another unit, such
// as with taxes, those of what it says itself.
func (pm *Payment) inUnit() error {
	s, err := pm.reversals()
	if err != nil || s.Whole == 0 || s.Whole == pm.Gross || !pm.Status.waiting() {
		return err
	}
	s.convert(pm.Gross)
	pm.Reversals, err = s.text()
	return err
}

// convert makes reports of a payment of Whole those of one of this amount.
func (s *reversals) convert(amount int64) {
	scale := portion(s.Whole, amount)
	for ref, r := range s.Refunds {
		r.Amount = scale(r.Amount)
		s.Refunds[ref] = r
	}
	for ref, d := range s.Disputes {
		d.Amount = scale(d.Amount)
		s.Disputes[ref] = d
	}
	s.Whole = 0
}

// mergeNotes is merge for what credit notes reported about the invoice.
func (s *reversals) mergeNotes(others *reversals) bool {
	notes := others.Parts[""]
	return notes != nil && s.ofInvoice().merge(notes, portion(0, 0))
}

// refunded returns what refunds gave back: the sum of those that are known by name, or if that is more,
// the running total adjusted by what the names tell from before and after it. A failed refund gave
// nothing back.
func (s *reversals) refunded() int64 {
	var named, apart int64
	total, stated := s.Refunds[""]
	sum := total.Amount
	for ref, r := range s.Refunds {
		switch {
		case ref == "":
		case r.AsOfUs == 0: // the running total does not cover it
			apart += r.left()
		case r.Failed && r.AsOfUs <= total.AsOfUs && r.FailedUs >= total.AsOfUs:
			sum -= r.Amount
		case r.Failed:
		default:
			named += r.Amount
			if r.AsOfUs > total.AsOfUs {
				sum += r.Amount
			}
		}
	}
	if !stated {
		return named + apart
	}
	return max(named, sum) + apart
}

// disputed returns what disputes hold, and how much of it for good.
func (s *reversals) disputed() (all, lost int64) {
	for _, d := range s.Disputes {
		switch d.Outcome {
		case DisputeLost:
			lost += d.Amount
			all += d.Amount
		case DisputeOpen:
			all += d.Amount
		case DisputeWon, DisputeReinstated:
		}
	}
	return all, lost
}

// sums returns what was given back of what was paid: in all, and for good.
func (s *reversals) sums(paid int64) (all, final int64) {
	refunded := s.refunded()
	disputed, lost := s.disputed()
	own := paid
	if s.Whole > 0 {
		own = min(own, s.Whole)
	}
	all, final = min(refunded+disputed, own), min(refunded+lost, own)
	for _, part := range s.Parts {
		more, lost := part.sums(paid)
		all, final = all+more, final+lost
	}
	return min(all, paid), min(final, paid)
}

// text returns what the order stores.
func (s *reversals) text() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	if len(text) > valid.MaxText {
		return "", valid.Failf("Ref", "too many refunds and disputes of one order")
	}
	return string(text), nil
}
