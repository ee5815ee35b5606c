package orders

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// anyEntry reports whether the user has an entry, in its table or the archive, for which
// where holds. What others have archived since a caller's snapshot is there by its own
// plain reads.
func anyEntry(ctx context.Context, tx bun.Tx, user string, where func(q *bun.SelectQuery) *bun.SelectQuery) (bool, error) {
	found, err := rows.Count(ctx, where(tx.NewSelect().TableExpr("?", history(tx, user)).ColumnExpr("1")).Limit(1))
	if err != nil || found > 0 || !rows.Behind(ctx, tx) {
		return found > 0, err
	}
	live := where(tx.NewSelect().TableExpr("credits_trans AS t").ColumnExpr("1").Where("user_uuid = ?", user)).Limit(1)
	found, err = rows.Count(ctx, rows.Now(ctx, tx, live))
	return found > 0, err
}

// history is a user's rows of credits_trans and of its archive, for a FROM.
func history(db bun.IDB, user string) schema.QueryWithArgs {
	return bun.SafeQuery("(?) AS t", archived.Entries.Both(
		"SELECT "+rows.Columns[credits.Entry](db, "t")+" FROM credits_trans AS t WHERE t.user_uuid = ?", user))
}
