package totals

import (
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Among restricts q to rows whose status is one of some, which are most, and leaves the
// choice of the index to the times. SQLite would take an index by status for a plain
// condition. PostgreSQL takes none, but knows only of a plain one how many rows it selects:
// with another it reads the whole table to find a few.
func Among[S ~string](q *bun.SelectQuery, statuses []S) *bun.SelectQuery {
	if dialect.Of(q.DB()).Engine == dialect.PostgreSQL {
		return q.Where("?TableAlias.status IN (?)", bun.List(statuses))
	}
	return q.Where("CASE WHEN ?TableAlias.status IN (?) THEN 1 ELSE 0 END = 1", bun.List(statuses))
}
