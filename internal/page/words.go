package page

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Spelled returns those of the words that any row of a model's table has in a column,
// which an index on the column tells at once: an adopted database holds another
// program's words until its final adoption, and any other holds none, so that a list by
// one word can go on to be read from the index.
func Spelled[V ~string](ctx context.Context, db bun.IDB, model any, column string, words []V) ([]V, error) {
	if len(words) == 0 {
		return nil, nil
	}
	q := db.NewSelect()
	for _, word := range words {
		q = q.ColumnExpr("EXISTS (?)", db.NewSelect().Model(model).ColumnExpr("1").Where("?TableAlias."+column+" = ?", word))
	}
	found := make([]bool, len(words))
	targets := make([]any, len(words))
	for i := range found {
		targets[i] = &found[i]
	}
	if err := q.Scan(ctx, targets...); err != nil {
		return nil, dialect.Classify(err)
	}
	var spelled []V
	for i, word := range words {
		if found[i] {
			spelled = append(spelled, word)
		}
	}
	return spelled, nil
}

// OneOf restricts q to the rows that have value, or one of the other words for it, in a
// column; like Equal, the zero value restricts nothing.
func OneOf[V ~string](q *bun.SelectQuery, column string, value V, others []V) *bun.SelectQuery {
	if len(others) == 0 || value == "" {
		return Equal(q, column, value)
	}
	return q.Where("?TableAlias."+column+" IN (?)", bun.List(append([]V{value}, others...)))
}
