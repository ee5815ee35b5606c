package rows

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// insertMySQL catches the violation: on MySQL a failed statement leaves the
// transaction as it was. INSERT IGNORE would cut and convert values silently,
// and the row count of ON DUPLICATE KEY UPDATE depends on a connection flag.
func insertMySQL(ctx context.Context, tx bun.Tx, model any) (bool, error) {
	_, err := Current(tx).NewInsert().Model(model).Exec(ctx)
	if err = dialect.Classify(err); errors.Is(err, dialect.ErrUnique) {
		return false, nil
	}
	return err == nil, err
}
