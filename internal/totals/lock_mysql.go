package totals

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// lockMySQL reads and holds those of the rows that nobody else holds. It is NOWAIT,
// because TiDB ignores SKIP LOCKED: all at once, and one by one where that is refused.
func lockMySQL[T any](ctx context.Context, found *[]T, ids []int64, q func(ids []int64) *bun.SelectQuery) ([]T, error) {
	err := dialect.Classify(byPrimaryMySQL(q(ids)).For("UPDATE NOWAIT").Scan(ctx))
	if !rows.LockTimeout(err) || len(ids) == 1 {
		if rows.LockTimeout(err) {
			return nil, nil
		}
		return *found, err
	}
	var all []T
	for _, id := range ids {
		*found = nil
		one, err := lockMySQL(ctx, found, []int64{id}, q)
		if err != nil {
			return nil, err
		}
		all = append(all, one...)
	}
	return all, nil
}

// byPrimaryMySQL makes q lock rows by their primary key and no entries of other indexes.
func byPrimaryMySQL(q *bun.SelectQuery) *bun.SelectQuery { return q.ForceIndex("PRIMARY") }
