// Package tell writes the events of the domains above the ledger to the outbox.
package tell

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/outbox"
)

// Of writes an event of the module's own, where the transaction's handle writes events.
// Verbs call it last: it locks the account's row.
func Of(ctx context.Context, tx bun.Tx, user string, kind events.Type, at time.Time, payload any) error {
	if !dialect.Of(tx).Events {
		return nil
	}
	_, err := credits.Emit(outbox.Allow(ctx, kind), tx, credits.EmitParams{UserUUID: user, Type: kind, At: at, Data: payload})
	return err
}
