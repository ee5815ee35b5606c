package rows

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// attemptPostgres puts a savepoint around the statement: PostgreSQL aborts the
// whole transaction when a statement fails, and knows no ON CONFLICT for an
// UPDATE.
func attemptPostgres(ctx context.Context, tx bun.Tx, statement func() error) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT chameleon_attempt"); err != nil {
		return dialect.Classify(err)
	}
	err := statement()
	end := "RELEASE SAVEPOINT chameleon_attempt"
	if errors.Is(err, dialect.ErrUnique) {
		end = "ROLLBACK TO SAVEPOINT chameleon_attempt"
	}
	if err != nil && !errors.Is(err, dialect.ErrUnique) {
		return err // the transaction is lost anyway
	}
	if _, endErr := tx.ExecContext(ctx, end); endErr != nil {
		return dialect.Classify(endErr)
	}
	return err
}
