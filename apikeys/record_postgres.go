package apikeys

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// recordPostgres is one statement, which finds no row to update when somebody
// else holds it.
func (u *use) recordPostgres(ctx context.Context, db bun.IDB) error {
	_, err := u.update(db).Where("id IN (?)", u.lock(db, "UPDATE SKIP LOCKED")).Exec(ctx)
	return err
}

// recordPostgresTx puts a savepoint around it: PostgreSQL aborts the whole
// transaction when a statement fails.
func (u *use) recordPostgresTx(ctx context.Context, tx bun.Tx) (unrecorded, err error) {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT chameleon_apikeys"); err != nil {
		return nil, dialect.Classify(err)
	}
	failed := u.recordPostgres(ctx, tx)
	end := "RELEASE SAVEPOINT chameleon_apikeys"
	if failed != nil {
		end = "ROLLBACK TO SAVEPOINT chameleon_apikeys"
	}
	if _, err := tx.ExecContext(ctx, end); err != nil {
		return nil, dialect.Classify(err)
	}
	return settle(failed), nil
}
