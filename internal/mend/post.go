package mend

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
)

// Post performs operations of the library's own making, all of them or none. It
// returns the refusal of the first that is refused, as its verb would.
func Post(ctx context.Context, tx bun.Tx, ops []credits.Op) ([]*credits.Operation, error) {
	if len(ops) == 0 {
		return nil, nil
	}
	outcomes, err := credits.Post(Allow(ctx, ops), tx, credits.PostParams{Ops: ops, AllOrNothing: true})
	if refused, ok := errors.AsType[*credits.BatchError](err); ok {
		return nil, refused.Err
	}
	if err != nil {
		return nil, err
	}
	done := make([]*credits.Operation, len(outcomes))
	for i, outcome := range outcomes {
		done[i] = outcome.Operation
	}
	return done, nil
}

// Allow returns a context with which the ledger takes the keys of grants and
// claw-backs of the library's own making.
func Allow(ctx context.Context, ops []credits.Op) context.Context {
	var keys []string
	for _, op := range ops {
		switch op := op.(type) {
		case credits.GrantParams:
			keys = append(keys, op.Key)
		case credits.ClawBackParams:
			keys = append(keys, op.Key)
		}
	}
	return ledgerkey.Allow(ctx, keys...)
}
