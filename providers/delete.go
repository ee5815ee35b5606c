package providers

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/rows"
)

// DeleteParams name a provider to remove.
type DeleteParams struct {
	Provider Name
}

// Delete removes a provider: its key, configuration and switch. It returns what
// was stored. Generations that the provider made stay.
//
// Errors, after which nothing is written: *InvalidError; *NotFoundError;
// *dialect.Error.
func Delete(ctx context.Context, db bun.IDB, p DeleteParams) (*Info, error) {
	return edit(ctx, db, p.Provider, func(ctx context.Context, tx bun.Tx, k *Key) error {
		return rows.Delete(ctx, tx, (*Key)(nil), rows.Own{ID: k.ID})
	})
}
