package orders

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/mend"
)

// countAgain makes an order be of another number of credits that are over, or carried on.
// What there are too many is taken back: first what has expired, then what renewals kept,
// and what was spent of that is owed. What there are too few is granted as far as renewals
// would have kept it: what they would not has expired.
func (o *Order) countAgain(ctx context.Context, tx bun.Tx, on *carriedOn, amount int64, at time.Time, ahead time.Duration, among ...*Order) error {
	if amount == o.Credits {
		return nil
	}
	s, err := o.reversals()
	if err != nil {
		return err
	}
	had, has, was := o.granted(), o.inLedger(), o.takes(on, o.RefundedCredits)
	o.recount(amount)
	if had {
		o.note(has)
	}
	o.RefundedCredits = o.claimed(o.back(s))
	switch {
	case had:
		err = o.takeBack(ctx, tx, s, was, o.takes(on, o.RefundedCredits), at, ahead)
	case o.granted(): // it had granted nothing
		_, err = o.assertGrant(ctx, tx, ahead)
	}
	if err != nil {
		return err
	}
	return o.keepMore(ctx, tx, on, at, ahead, among...)
}

// takeBack makes the total that is taken back of the order's grant another one. What was
// spent is owed.
func (o *Order) takeBack(ctx context.Context, tx bun.Tx, s *reversals, was, total int64, at time.Time, ahead time.Duration) error {
	if total == was {
		return nil
	}
	return o.moveTaken(ctx, tx, s, credits.ClawBackParams{
		Total: total, Reinstate: total < was, Policy: credits.PolicyDebt, At: at, MaxAhead: ahead,
	})
}

// moveTaken takes back of the order's grant what claw says, for another reason than that money was
// given back, and records it.
func (o *Order) moveTaken(ctx context.Context, tx bun.Tx, s *reversals, claw credits.ClawBackParams) error {
	s.Moves++
	claw.UserUUID, claw.OrderNo, claw.GrantKey = o.UserUUID, o.OrderNo, o.grantKey()
	claw.Key = ledgerkey.Of("order:moved:"+strconv.FormatInt(s.Moves, 10), o.OrderNo)
	if _, err := credits.ClawBack(ledgerkey.Allow(ctx, claw.Key), tx, claw); err != nil {
		return err
	}
	s.ClawBacks = append(s.ClawBacks, mend.Recorded(claw))
	var err error
	o.Reversals, err = s.text()
	return err
}
