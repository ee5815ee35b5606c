package chameleon

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/transfer"
)

// Copy copies all of this module's tables from one database to another, on any
// engine. It is [transfer.Copy] with all [Models], whatever p.Models is.
//
// Errors: those of transfer.Copy.
func Copy(ctx context.Context, from, to *bun.DB, p transfer.CopyParams) (*transfer.CopyResult, error) {
	p.Models = Models()
	return transfer.Copy(ctx, from, to, p)
}
