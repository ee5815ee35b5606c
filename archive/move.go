package archive

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/rows"
)

// move moves the account's entries numbered from first to last into a table from
// another, and returns how many these were. Either all of them are in the one or all
// in the other.
func move(
	ctx context.Context, tx bun.Tx, into, from string, columns []string, user string, first, last int64,
) (int64, error) {
	db, names := rows.Current(tx), bun.Safe(strings.Join(columns, ", "))
	const which = " WHERE user_uuid = ? AND seq >= ? AND seq <= ?"
	inserted, err := rows.Affected(db.ExecContext(ctx,
		"INSERT INTO "+into+" (?) SELECT ? FROM "+from+which, names, names, user, first, last))
	if err != nil {
		return 0, err
	}
	deleted, err := rows.Affected(db.ExecContext(ctx, "DELETE FROM "+from+which, user, first, last))
	if err == nil && deleted != inserted {
		err = fmt.Errorf("archive: %d rows were copied from %s and %d deleted: it changed without its account's lock", inserted, from, deleted)
	}
	return inserted, err
}
