package orders

import (
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// named selects the row that a provider's name in a column is of. An empty provider
// is any: then order says which of several comes first.
func named(column, name string, provider PayType, order string) func(q *bun.SelectQuery) *bun.SelectQuery {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where(column+" = ?", name)
		if provider != "" {
			q = q.Where("provider = ?", provider)
		}
		return q.OrderExpr(order).Limit(1)
	}
}

// found is what a query for one row ended with, nil for none. A column that ignores
// case finds a row of another name, which matches tells.
func found[T any](row *T, matches func(*T) bool, err error) (*T, error) {
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !matches(row):
		return nil, nil
	case err != nil:
		return nil, dialect.Classify(err)
	}
	return row, nil
}
