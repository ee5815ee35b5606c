package archive

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// move moves the account's entries numbered from first to last into a table from
// another, and returns how many these were. Either all of them are in the one or all
// in the other.
func move(
	ctx context.Context, tx bun.Tx, into, from string, columns []string, user string, first, last int64,
) (int64, error) {
	return moveWhere(ctx, tx, into, from, columns, bun.SafeQuery("user_uuid = ? AND seq >= ? AND seq <= ?", user, first, last))
}

// moveRows is move for the user's rows whose ids q selects and locks.
func moveRows(
	ctx context.Context, tx bun.Tx, q *bun.SelectQuery, into, from string, columns []string, user string,
) (int64, error) {
	var ids []int64
	if err := q.Scan(ctx, &ids); err != nil || len(ids) == 0 {
		return 0, err
	}
	return moveWhere(ctx, tx, into, from, columns, bun.SafeQuery("user_uuid = ? AND id IN (?)", user, bun.List(ids)))
}

func moveWhere(
	ctx context.Context, tx bun.Tx, into, from string, columns []string, which schema.QueryWithArgs,
) (int64, error) {
	db, names := rows.Current(tx), bun.Safe(strings.Join(columns, ", "))
	inserted, err := rows.Affected(db.ExecContext(ctx,
		"INSERT INTO "+into+" (?) "+keepIDs(tx)+"SELECT ? FROM "+from+" WHERE ?", names, names, which))
	if err != nil {
		return 0, err
	}
	deleted, err := rows.Affected(db.ExecContext(ctx, "DELETE FROM "+from+" WHERE ?", which))
	if err == nil && deleted != inserted {
		err = fmt.Errorf("archive: %d rows were copied from %s and %d deleted: it changed without a lock", inserted, from, deleted)
	}
	return inserted, err
}

// keepIDs is what an INSERT with ids needs in PostgreSQL where they are generated always, as
// in the original application's tables, and what changes nothing elsewhere.
func keepIDs(tx bun.Tx) string {
	if caps := dialect.Of(tx); caps.Engine != dialect.PostgreSQL || caps.IsCockroach() {
		return ""
	}
	return "OVERRIDING SYSTEM VALUE "
}
