package generations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
)

// StartParams name a generation that a provider has started.
type StartParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// At is when it started; zero means now.
	At time.Time
}

// Start moves a pending generation to processing. A generation that is already
// processing is returned as a replay.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is completed or failed, and *dialect.Error
// when the engine fails.
func Start(ctx context.Context, db bun.IDB, p StartParams) (*Result, error) {
	return move(ctx, db, GetParams{GenID: p.GenID, UserUUID: p.UserUUID}, p.At, step{
		to:   StatusProcessing,
		from: []Status{StatusPending},
		done: func(*Generation) bool { return true },
		apply: func(_ context.Context, _ bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			g.StartedAt = at
			return nil, nil
		},
	})
}
