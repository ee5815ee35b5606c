package rows

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Attempt runs a statement that a uniqueness rule may refuse, and leaves the
// transaction usable when it does. The statement returns classified errors.
func Attempt(ctx context.Context, tx bun.Tx, statement func() error) error {
	if dialect.Of(tx).Engine == dialect.PostgreSQL {
		return attemptPostgres(ctx, tx, statement)
	}
	return statement()
}
