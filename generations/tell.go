package generations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/tell"
)

// tell writes to the outbox that the generation has ended.
func (g *Generation) tell(ctx context.Context, tx bun.Tx, at time.Time) error {
	if g.Status != StatusCompleted && g.Status != StatusFailed {
		return nil
	}
	return tell.Of(ctx, tx, g.UserUUID, events.TypeGenerationSettled, at, events.GenerationSettled{
		GenID: g.GenID, Status: string(g.Status), Cost: max(g.CreditsCost-g.CreditsRefunded, 0),
	})
}
