package client

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// Call makes one call of an operation, as a worker does, and returns its
// answer. A try above 1 is a repetition; a zero at leaves the time to the
// library.
func Call(ctx context.Context, db *bun.DB, op history.Op, try int, at time.Time) history.Answer {
	w := worker{process: &process{db: db}}
	return w.do(ctx, op, try, at)
}
