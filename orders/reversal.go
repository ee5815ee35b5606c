package orders

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// reversals is what refunds and disputes reported, by the provider's names.
type reversals struct {
	Refunds  map[string]int64   `json:"refunds,omitempty"`
	Disputes map[string]dispute `json:"disputes,omitempty"`
	// Changes numbers what was done about them, for the ledger's keys.
	Changes int64 `json:"changes"`
}

type dispute struct {
	Amount  int64          `json:"amount"`
	Outcome DisputeOutcome `json:"outcome"`
}

func (o *Order) reversals() (*reversals, error) {
	s := &reversals{Refunds: map[string]int64{}, Disputes: map[string]dispute{}}
	if o.Reversals == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(o.Reversals), s); err != nil {
		return nil, fmt.Errorf("order %s: its reversals do not parse: %w", o.OrderNo, err)
	}
	return s, nil
}

// refund notes a running total and reports whether it is news.
func (s *reversals) refund(ref string, total int64) bool {
	if total <= s.Refunds[ref] {
		return false
	}
	s.Refunds[ref] = total
	return true
}

// dispute notes where a dispute stands and reports whether it is news.
func (s *reversals) dispute(ref string, amount int64, outcome DisputeOutcome) bool {
	was, known := s.Disputes[ref]
	if known && was.Outcome != DisputeOpen {
		return false
	}
	is := dispute{Amount: max(amount, was.Amount), Outcome: outcome}
	if is == was {
		return false
	}
	s.Disputes[ref] = is
	return true
}

// text is what the order stores.
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

// sums returns what was given back of what was paid: in all, and for good.
func (s *reversals) sums(paid int64) (all, final int64) {
	for _, total := range s.Refunds {
		final += total
	}
	var open int64
	for _, d := range s.Disputes {
		switch d.Outcome {
		case DisputeLost:
			final += d.Amount
		case DisputeOpen:
			open += d.Amount
		case DisputeWon:
		}
	}
	return min(final+open, paid), min(final, paid)
}

// apply does what follows from the order's reversals: the ledger and the
// commission first, because they may refuse, then the order.
func (r reversing) apply(ctx context.Context, tx bun.Tx, o *Order, s *reversals) (*Result, error) {
	s.Changes++
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	paid := o.Paid()
	all, final := s.sums(paid)
	key := ledgerkey.Of("order:reversal:"+strconv.FormatInt(s.Changes, 10), o.OrderNo)
	reduced, err := affiliates.Reduce(ledgerkey.Allow(ctx, key), tx, affiliates.ReduceParams{
		OrderNo: o.OrderNo, Remaining: paid - all, Final: final == paid,
		Policy: r.policy, Key: key, With: r.clawBack(o, key, all), At: r.at,
	})
	if err != nil {
		return nil, err
	}
	if all != o.RefundedAmount {
		o.RefundedAmount, o.RefundedAt = all, r.at
	}
	if o.granted() {
		o.RefundedCredits = o.creditsOf(all)
	}
	if final == paid {
		o.Status = StatusRefunded
	}
	o.Reversals, o.UpdatedAt = text, r.at
	result := &Result{Order: o}
	if len(reduced.Operations) > 0 {
		result.Operation = reduced.Operations[0]
	}
	if len(reduced.Commissions) > 0 {
		result.Commission = &reduced.Commissions[0]
	}
	return result, update(ctx, tx, o)
}

// creditsOf is the credits that an amount of the order's money bought.
func (o *Order) creditsOf(amount int64) int64 { return o.Credits * amount / o.Paid() }

// clawBack is the operation that brings the ledger to what was given back in
// all, none when it is there. Refunds and disputes are netted in the order, so
// that the ledger knows one running total.
func (r reversing) clawBack(o *Order, key string, all int64) []credits.Op {
	if !o.granted() {
		return nil
	}
	total := o.creditsOf(all)
	if total == o.RefundedCredits {
		return nil
	}
	return []credits.Op{credits.ClawBackParams{
		UserUUID: o.UserUUID, GrantKey: o.grantKey(), Total: total, Reinstate: total < o.RefundedCredits,
		Policy: r.policy, Key: key, OrderNo: o.OrderNo, At: r.at,
	}}
}
