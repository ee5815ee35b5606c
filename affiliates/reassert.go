package affiliates

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/mend"
)

// commissions are those of the order, locked where they are to change. One that
// is missing, and is to be written again, has no ID.
func (p ReduceParams) commissions(ctx context.Context, tx bun.Tx, at time.Time) ([]Commission, error) {
	found, err := p.found(ctx, tx)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && p.Again && p.Record.Known != nil {
		c, err := p.Record.commission(ctx, tx, p.Record.At)
		if err != nil || c == nil {
			return nil, err
		}
		return []Commission{*c}, nil
	}
	for i := range found {
		if seen := found[i]; p.Again && !p.reduce(&seen, at) {
			continue // as it should be
		}
		c, err := lock(ctx, tx, &found[i])
		if err != nil {
			return nil, err
		}
		found[i] = *c
	}
	return found, nil
}

// found reads the commissions of the order, of which one is known to have been earned
// where the order says by whom.
func (p ReduceParams) found(ctx context.Context, tx bun.Tx) ([]Commission, error) {
	if p.Record.Known == nil {
		return ofOrder(ctx, tx, p.OrderNo)
	}
	return knownOf(ctx, tx, p.OrderNo, p.Record.Known.ReferrerUUID)
}

// take makes a commission what it should be. It returns the operations on the
// referrer's account and whether the row changed.
//
// Of a call that was made before the row stands as that left it: then the
// claw-backs that the row keeps are made again, which the ledger knows by their
// keys. Only those of this very change are, unless all were reported before.
func (p ReduceParams) take(c *Commission, at time.Time) (ops []credits.Op, changed bool, err error) {
	kept, err := mend.ParseClawBacks(c.ClawBacks)
	if err != nil {
		return nil, false, err
	}
	before := *c
	changed = p.reduce(c, at) || c.ID == 0
	switch {
	case p.Again && c.ClawBacks != "":
		if ops, err = c.regrants(p.MaxAhead); err != nil {
			return nil, false, err
		}
	case !changed && len(kept) > 0 && kept[len(kept)-1].Key == p.keyOf(c):
		ops = []credits.Op{kept[len(kept)-1].Of(c.UserUUID, c.grantKey(), c.OrderKey, p.MaxAhead)}
	}
	if op, ok := p.clawBack(&before, c, at); changed && ok {
		ops = append(ops, op)
		if c.ClawBacks != "" {
			c.ClawBacks, err = mend.ClawBacksText(append(kept, mend.Recorded(op)))
		}
	}
	return ops, changed, err
}

// reducedBefore reports whether a commission that had nothing to be changed was
// changed by an earlier call, rather than never.
func (p ReduceParams) reducedBefore(c *Commission) bool {
	if c.Status.means() == StatusRejected {
		return p.Final && c.ReversedAmount > 0
	}
	earned := c.CommissionAmount + c.ReversedAmount
	return part(earned, p.Was, c.OrderAmount) != c.CommissionAmount
}

// regrants are the operations that bring back what the ledger lost of a
// converted commission: its grant, and what refunds took back of it since.
func (c *Commission) regrants(maxAhead time.Duration) ([]credits.Op, error) {
	kept, err := mend.ParseClawBacks(c.ClawBacks)
	if err != nil {
		return nil, err
	}
	ops := []credits.Op{c.grant(maxAhead)}
	for _, claw := range kept {
		ops = append(ops, claw.Of(c.UserUUID, c.grantKey(), c.OrderKey, maxAhead))
	}
	return ops, nil
}
