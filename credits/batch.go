package credits

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// MaxBatch is the maximum number of operations in one [Post].
const MaxBatch = 1000

// PostParams are a batch of operations, on one account or many.
type PostParams struct {
	// Ops are the params of other verbs: GrantParams, ChargeParams,
	// HoldParams … Operations on one account happen in this order.
	Ops []Op
	// AllOrNothing writes nothing unless all of them succeed.
	AllOrNothing bool
}

// Outcome is what became of one operation of a batch: an operation or an
// error.
type Outcome struct {
	Operation *Operation `json:"operation,omitzero"`
	Err       error      `json:"-"`
}

// MarshalJSON writes the operation, or the error's text.
func (o Outcome) MarshalJSON() ([]byte, error) {
	if o.Err == nil {
		type plain Outcome
		return json.Marshal(plain(o))
	}
	return json.Marshal(struct {
		Error string `json:"error"`
	}{o.Err.Error()})
}

// Post performs many operations in one transaction and a bounded number of
// statements: accounts are locked together, in sorted order, and entries and
// state are written together. Operations that act on an earlier one (refunds,
// claw-backs, captures …) read that one each.
//
// Outcomes are in the order of p.Ops. A refused operation has the error that
// its own verb would return, and the others still happen. With p.AllOrNothing,
// Post instead returns a *BatchError that wraps the first refusal, and writes
// nothing.
//
// Errors: *InvalidError for an empty batch or one larger than [MaxBatch];
// *BatchError; a *dialect.Error when the database fails, after which nothing is
// written unless it matches [dialect.ErrOutcomeUnknown].
func Post(ctx context.Context, db bun.IDB, p PostParams) ([]Outcome, error) {
	if len(p.Ops) == 0 || len(p.Ops) > MaxBatch {
		return nil, valid.Failf("Ops", "%d operations, not between 1 and %d", len(p.Ops), MaxBatch)
	}
	if len(p.Ops) == 1 && p.Ops[0] != nil {
		return postOne(ctx, db, p)
	}
	began := time.Now()
	outcomes := make([]Outcome, len(p.Ops))
	specs := make([]*spec, len(p.Ops))
	for i, op := range p.Ops {
		if op == nil {
			return nil, valid.Failf("Ops", "operation %d is nil", i)
		}
		specs[i], outcomes[i].Err = specOf(ctx, op)
		if err := outcomes[i].Err; err != nil && p.AllOrNothing {
			return nil, &BatchError{Index: i, Err: err}
		}
	}
	err := transact(ctx, db, specs, outcomes, p.AllOrNothing)
	if o := observerOf(db); o != nil {
		defer func() { observePost(ctx, o, db, began, specs, outcomes, err) }()
	}
	if err != nil {
		return nil, err
	}
	for i, s := range specs {
		if s != nil && s.mark != 0 && s.ours && outcomes[i].Operation != nil { // the answer to its first attempt was lost
			outcomes[i].Operation.Replayed = false
		}
	}
	return outcomes, nil
}

// postOne is a batch of one operation, which takes the path of its own verb.
func postOne(ctx context.Context, db bun.IDB, p PostParams) ([]Outcome, error) {
	op, err := run(ctx, db, p.Ops[0])
	switch {
	case err == nil:
		return []Outcome{{Operation: op}}, nil
	case !refusal(err):
		return nil, err
	case p.AllOrNothing:
		return nil, &BatchError{Index: 0, Err: err}
	}
	return []Outcome{{Err: err}}, nil
}

// specOf checks an operation's params, and that the caller may use its key.
func specOf(ctx context.Context, op Op) (*spec, error) {
	s, err := op.spec()
	if err != nil {
		return nil, err
	}
	if why := ledgerkey.Refused(ctx, s.key); why != "" && !s.own {
		return nil, valid.Failf("Key", "%s", why)
	}
	return s, nil
}
