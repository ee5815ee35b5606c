package orders

import (
	"cmp"
	"encoding/json"
)

// refund is what is known about one refund, or about the running total of all.
type refund struct {
	Amount int64 `json:"amount"`
	// AsOfUs is when the refund was made or the total was stated, in UTC microseconds; 0 if the
	// reports do not say.
	AsOfUs int64 `json:"as_of_us,omitempty"`
	// Failed says that the money came back to the merchant, FailedUs since when.
	Failed   bool  `json:"failed,omitempty"`
	FailedUs int64 `json:"failed_us,omitempty"`
}

// UnmarshalJSON reads what earlier versions wrote, too: the amount alone.
func (r *refund) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &r.Amount); err == nil {
		return nil
	}
	type plain refund
	return json.Unmarshal(text, (*plain)(r))
}

// left returns what the refund gave back.
func (r refund) left() int64 {
	if r.Failed {
		return 0
	}
	return r.Amount
}

// restated returns the running total after another report of it: the one that was stated last, or the
// higher one if that is not known.
func (r refund) restated(other refund) refund {
	switch {
	case other.AsOfUs > r.AsOfUs, other.AsOfUs == r.AsOfUs && other.Amount > r.Amount:
		return other
	case other.AsOfUs == 0 && other.Amount > r.Amount:
		r.Amount = other.Amount
	}
	return r
}

// merged returns what is known about a refund after another report of it.
func (r refund) merged(other refund) refund {
	return refund{
		Amount: max(r.Amount, other.Amount), AsOfUs: earliest(r.AsOfUs, other.AsOfUs),
		Failed: r.Failed || other.Failed, FailedUs: earliest(r.FailedUs, other.FailedUs),
	}
}

// earliest returns the lower of two times, where 0 means none.
func earliest(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// dispute is the state of a dispute, and since when.
type dispute struct {
	Amount  int64          `json:"amount"`
	Outcome DisputeOutcome `json:"outcome"`
	AtUs    int64          `json:"at_us,omitempty"`
}

// merged returns the state of the dispute after another report of it: the first final one, or else the
// latest. Of two at the same moment, the one in which the money is back is the later.
func (d dispute) merged(other dispute) dispute {
	byTime := cmp.Compare(other.AtUs, d.AtUs)
	switch {
	case d.Outcome.final():
		return d
	case other.Outcome.final(), byTime > 0:
		return other
	case byTime < 0:
		return d
	case other.Outcome == DisputeReinstated && d.Outcome == DisputeOpen:
		return other
	case other.Outcome == d.Outcome:
		d.Amount = max(d.Amount, other.Amount)
	}
	return d
}

func (o DisputeOutcome) final() bool { return o == DisputeWon || o == DisputeLost }
