package affiliates

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/width"
)

// Reduction is a planned [Reduce]: the commissions are locked, and nothing is
// written yet. It is good for the transaction that planned it.
type Reduction struct {
	p       ReduceParams
	ops     []credits.Op
	changed []*Commission
	result  *ReduceResult
}

// PlanReduce is the first half of [Reduce], for a transaction that has operations of
// its own to post for the same event, as a refund has the claw-back of the order's
// credits. Posted together, accounts are locked in one order, whoever invited whom:
//
//	plan, err := affiliates.PlanReduce(ctx, tx, p)
//	…
//	outcomes, err := credits.Post(plan.Allow(ctx), tx, credits.PostParams{
//		Ops: append(own, plan.Operations()...), AllOrNothing: true,
//	})
//	…
//	reduced, err := plan.Finish(ctx, tx, done) // the plan's operations, of the outcomes
//
// Errors: *InvalidError for a field of p, and *dialect.Error when the engine fails.
func PlanReduce(ctx context.Context, tx bun.Tx, p ReduceParams) (*Reduction, error) {
	at, err := p.check(ctx)
	if err != nil {
		return nil, err
	}
	var plan *Reduction
	err = dialect.InTx(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		plan, err = p.plan(ctx, tx, at)
		return err
	})
	return plan, err
}

// plan locks the commissions and makes them what they should be, in memory.
func (p ReduceParams) plan(ctx context.Context, tx bun.Tx, at time.Time) (*Reduction, error) {
	plan := &Reduction{p: p, result: &ReduceResult{}}
	var err error
	if plan.result.Commissions, err = p.commissions(ctx, tx, at); err != nil {
		return nil, err
	}
	for i := range plan.result.Commissions {
		if err := plan.take(ctx, tx, &plan.result.Commissions[i], at); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// take plans what becomes of one commission.
func (r *Reduction) take(ctx context.Context, tx bun.Tx, c *Commission, at time.Time) error {
	ops, changed, err := r.p.take(c, at)
	if err != nil {
		return err
	}
	r.ops = append(r.ops, ops...)
	if !changed {
		r.result.Known = r.result.Known || r.p.reducedBefore(c)
		return nil
	}
	r.changed = append(r.changed, c)
	return width.Check(ctx, tx, c)
}

// Operations are those on the referrer's account, none where no credits move.
func (r *Reduction) Operations() []credits.Op { return slices.Clone(r.ops) }

// Allow returns a context with which the ledger takes the keys of the operations.
// They are the library's own, which it refuses otherwise.
func (r *Reduction) Allow(ctx context.Context) context.Context { return mend.Allow(ctx, r.ops) }

// Finish writes the commissions, once the ledger has posted the operations. Done is
// what it made of them, in their order.
//
// Errors: *dialect.Error when the engine fails.
func (r *Reduction) Finish(ctx context.Context, tx bun.Tx, done []*credits.Operation) (*ReduceResult, error) {
	var reduced *ReduceResult
	err := dialect.InTx(ctx, tx, func(ctx context.Context, tx bun.Tx) (err error) {
		reduced, err = r.finish(ctx, tx, done)
		return err
	})
	return reduced, err
}

func (r *Reduction) finish(ctx context.Context, tx bun.Tx, done []*credits.Operation) (*ReduceResult, error) {
	for _, op := range done {
		r.result.posted(op)
	}
	for _, c := range r.changed {
		r.result.done(credits.PartCommission)
		if err := c.write(ctx, tx); err != nil {
			return nil, err
		}
	}
	return r.result, nil
}

// write stores a commission that was changed, or that was missing.
func (c *Commission) write(ctx context.Context, tx bun.Tx) error {
	if c.ID != 0 {
		return update(ctx, tx, c)
	}
	if _, err := rows.Insert(ctx, tx, c); err != nil {
		return err
	}
	stored, err := c.stored(ctx, tx) // not every engine tells the id
	if err == nil {
		*c = *stored
	}
	return err
}
