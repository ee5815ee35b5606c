package meter

import (
	"context"
	"errors"
	"strconv"

	"github.com/chameleon-go/chameleon/credits"
)

// settlement is how far a lease has been settled. Its steps are numbered: one whose
// outcome is not known is repeated as it was, with its key, until it is, and one that is
// refused was not done and is followed by another.
type settlement struct {
	left int64 // to be captured
	late int64 // to be charged, since the hold does not have it
	step int
	paid int64
	lost int64
	over bool // the hold has ended, or ends by itself
}

// settle captures what was counted of a lease and gives the rest back. What the hold has
// no more is charged to what the account has otherwise. Called again after an error it
// goes on where it was.
func (m *Meter) settle(ctx context.Context, l *lease) error {
	s := l.settling
	for s.left > 0 {
		_, err := credits.Capture(ctx, m.p.DB, credits.CaptureParams{
			UserUUID: m.p.UserUUID, HoldKey: l.key, Amount: s.left, Key: l.stepKey(), Budgets: m.p.Budgets, Metadata: m.p.Metadata,
		})
		if err := s.captured(err); err != nil {
			return err
		}
	}
	if !s.over {
		_, err := credits.Release(ctx, m.p.DB, credits.ReleaseParams{UserUUID: m.p.UserUUID, HoldKey: l.key, Key: l.key + ":rest"})
		if err != nil && !ended(err) {
			return err
		}
		s.over = true
	}
	for s.late > 0 {
		_, err := credits.Charge(ctx, m.p.DB, credits.ChargeParams{
			UserUUID: m.p.UserUUID, Amount: s.late, Type: m.p.Type, Key: l.stepKey(),
			OrderNo: m.p.OrderNo, GenID: m.p.GenID, Budgets: m.p.Budgets, Metadata: m.p.Metadata,
		})
		if err := s.charged(err); err != nil {
			return err
		}
	}
	return nil
}

func (l *lease) stepKey() string { return l.key + ":" + strconv.Itoa(l.settling.step) }

// captured notes what became of the capture of all that is left, and returns the error
// where that is not known.
func (s *settlement) captured(err error) error {
	var have int64
	switch insufficient, exceeds := (*credits.InsufficientError)(nil), (*credits.ExceedsError)(nil); {
	case err == nil:
		s.paid += s.left
		s.left, s.over = 0, true
		s.step++
		return nil
	case errors.Is(err, credits.ErrBudget):
		s.left = s.lose(s.left, err)
		s.step++
		return nil
	case errors.As(err, &insufficient): // grants that it drew on have expired
		have = insufficient.Have
	case errors.As(err, &exceeds): // somebody captured of it
		have = exceeds.Left
	case ended(err):
		s.over = true
	default:
		return err
	}
	s.step++
	s.late += s.left - min(have, s.left)
	s.left = min(have, s.left)
	return nil
}

// charged notes what became of the charge of all that is late, and returns the error
// where that is not known.
func (s *settlement) charged(err error) error {
	switch {
	case err == nil:
		s.paid += s.late
		s.late = 0
	case errors.Is(err, credits.ErrInsufficient), errors.Is(err, credits.ErrBudget), errors.Is(err, credits.ErrNotFound):
		s.late = s.lose(s.late, err)
	default:
		return err
	}
	s.step++
	return nil
}

// lose notes what of an amount cannot be had, by what refused it, and returns the rest:
// what the account has, or what is left of a budget, if that is still there.
func (s *settlement) lose(amount int64, refused error) (rest int64) {
	if insufficient, ok := errors.AsType[*credits.InsufficientError](refused); ok {
		rest = insufficient.Have
	}
	if over, ok := errors.AsType[*credits.BudgetError](refused); ok {
		rest = over.Left
	}
	rest = min(max(rest, 0), amount)
	s.lost += amount - rest
	return rest
}

// ended reports whether err says that there is no such hold any more.
func ended(err error) bool {
	return errors.Is(err, credits.ErrHoldEnded) || errors.Is(err, credits.ErrNotFound)
}
