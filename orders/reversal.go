package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/share"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// reversals is what refunds and disputes reported, by the provider's names.
type reversals struct {
	Refunds  map[string]int64   `json:"refunds,omitempty"`
	Disputes map[string]dispute `json:"disputes,omitempty"`
	// Changes numbers what was done about them, for the ledger's keys.
	Changes int64 `json:"changes"`
	// Moves numbers what changes of plans did, likewise.
	Moves int64 `json:"moves,omitempty"`
	// AtUs is when that was last, in UTC microseconds, and Policy by which.
	AtUs   int64                  `json:"at_us,omitempty"`
	Policy credits.ClawBackPolicy `json:"policy,omitempty"`
	// ClawBacks is what was done to the order's credits.
	ClawBacks []mend.ClawBack `json:"claw_backs,omitempty"`
}

type dispute struct {
	Amount  int64          `json:"amount"`
	Outcome DisputeOutcome `json:"outcome"`
}

func newReversals() *reversals {
	return &reversals{Refunds: map[string]int64{}, Disputes: map[string]dispute{}}
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

// merge notes what others say and reports whether it is news. Their amounts are
// in units that scale turns into those of s.
func (s *reversals) merge(others *reversals, scale func(int64) int64) bool {
	news := false
	for ref, total := range others.Refunds {
		news = s.refund(ref, scale(total)) || news
	}
	for ref, d := range others.Disputes {
		news = s.dispute(ref, scale(d.Amount), d.Outcome) || news
	}
	return news
}

// refunded is what refunds gave back.
func (s *reversals) refunded() int64 {
	var sum int64
	for _, total := range s.Refunds {
		sum += total
	}
	return sum
}

// disputed is what disputes hold that are not won.
func (s *reversals) disputed() int64 {
	var sum int64
	for _, d := range s.Disputes {
		if d.Outcome != DisputeWon {
			sum += d.Amount
		}
	}
	return sum
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
	s.AtUs, s.Policy = r.at.UnixMicro(), r.policy
	paid := o.Paid()
	all, final := s.sums(paid)
	key := o.reversalKey(s.Changes)
	reduce := affiliates.ReduceParams{
		OrderNo: o.OrderNo, Remaining: paid - all, Was: paid - o.RefundedAmount, Final: final == paid,
		Policy: r.policy, Key: key, At: r.at, MaxAhead: r.ahead,
	}
	if claw, ok := r.clawBack(o, key, all); ok {
		reduce.With = []credits.Op{claw}
		s.ClawBacks = append(s.ClawBacks, mend.Recorded(claw))
	}
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	if err := o.fits(ctx, tx, affiliates.Tiers{}); err != nil {
		return nil, err
	}
	reduced, done, err := o.reduce(ctx, tx, reduce)
	if err != nil {
		return nil, err
	}
	if all != o.RefundedAmount {
		o.RefundedAmount, o.RefundedAt = all, r.at
	}
	if o.granted() {
		o.RefundedCredits = o.claimed(all)
	}
	if final == paid {
		o.Status = StatusRefunded
	}
	o.Reversals, o.UpdatedAt = text, r.at
	done.Note(credits.PartOrder, false)
	result := &Result{Order: o, Mended: done.Mended()}
	if len(reduced.Operations) > 0 {
		result.Operation = reduced.Operations[0]
	}
	if len(reduced.Commissions) > 0 {
		result.Commission = &reduced.Commissions[0]
	}
	if err := update(ctx, tx, o); err != nil {
		return nil, err
	}
	return result, o.rebalance(ctx, tx, r.at, r.ahead)
}

// creditsOf is the credits that an amount of the order's money bought.
func (o *Order) creditsOf(amount int64) int64 {
	if o.Paid() <= 0 {
		return 0
	}
	return share.Down(o.Credits, amount, o.Paid())
}

// clawBack is the operation that brings the ledger to what was given back in
// all, false when it is there. Refunds and disputes are netted in the order, so
// that the ledger knows one running total.
func (r reversing) clawBack(o *Order, key string, all int64) (credits.ClawBackParams, bool) {
	if !o.granted() {
		return credits.ClawBackParams{}, false
	}
	total := o.claimed(all)
	return credits.ClawBackParams{
		UserUUID: o.UserUUID, GrantKey: o.grantKey(), Total: total, Reinstate: total < o.RefundedCredits,
		Policy: r.policy, Key: key, OrderNo: o.OrderNo, At: r.at, MaxAhead: r.ahead,
	}, total != o.RefundedCredits
}

// reversalKey names a change of what was given back of the order.
func (o *Order) reversalKey(n int64) string {
	return ledgerkey.Of("order:reversal:"+strconv.FormatInt(n, 10), o.OrderNo)
}

// reduce takes back what a reversal takes. Where the ledger lacks the grant that
// it is of, or the commission's, that is made sure of first.
func (o *Order) reduce(
	ctx context.Context, tx bun.Tx, p affiliates.ReduceParams,
) (*affiliates.Reduced, *mend.Tally, error) {
	ctx, done := o.allow(ctx, p), &mend.Tally{}
	reduced, err := affiliates.Reduce(ctx, tx, p)
	if errors.Is(err, credits.ErrNotFound) && o.PaidAmount != nil {
		before := *o
		known, _, again := before.reassert(ctx, tx, p.MaxAhead)
		if again != nil {
			return nil, nil, again
		}
		for _, part := range known.Mended {
			done.Note(part, false)
		}
		done.Note(credits.PartOrder, true)
		reduced, err = affiliates.Reduce(ctx, tx, p)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, op := range reduced.Operations {
		done.Operation(credits.PartClawBack, op)
	}
	for _, part := range reduced.Done {
		done.Note(part, false)
	}
	if reduced.Known {
		done.Note(credits.PartCommission, true)
	}
	return reduced, done, nil
}
