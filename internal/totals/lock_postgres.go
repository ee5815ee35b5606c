package totals

import "github.com/uptrace/bun"

// lockPostgres holds those of the rows that nobody else holds.
func lockPostgres(q *bun.SelectQuery) *bun.SelectQuery { return q.For("UPDATE SKIP LOCKED") }
