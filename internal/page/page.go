package page

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// List describes a list of rows of T, newest first by a nullable time column
// and then by id, which the table must have. An index on the filter's columns,
// the time column and id serves it.
type List[T any] struct {
	// Scope names the list and its filter. A cursor holds in its scope only.
	Scope string
	// Column is the time column.
	Column string
	// Where filters the rows.
	Where func(q *bun.SelectQuery) *bun.SelectQuery
	// Place returns a row's time, zero for NULL, and id.
	Place func(row *T) (time.Time, int64)
	// Default is the limit when the caller gives none, Max the highest; 0 means
	// those of the package list.
	Default, Max int
}

// Equal restricts q to the rows that have value in a column; the zero value is a
// filter that is not set, and restricts nothing.
func Equal[V comparable](q *bun.SelectQuery, column string, value V) *bun.SelectQuery {
	if value == *new(V) {
		return q
	}
	return q.Where("?TableAlias."+column+" = ?", value)
}

// Limit returns the limit of a page of which a caller asks for limit rows, a
// *dialect.InvalidError if that is more than a page has.
func Limit(limit int) (int, error) { return limitTo(limit, list.DefaultLimit, list.MaxLimit) }

func limitTo(limit, byDefault, most int) (int, error) {
	limit = cmp.Or(limit, byDefault)
	if limit < 0 || limit > most {
		return 0, valid.Failf("Limit", "%d is outside 1 to %d", limit, most)
	}
	return limit, nil
}

// Read returns the page after cursor, the first for "". It returns a
// *dialect.InvalidError for a cursor or limit that it refuses.
//
// Rows without a time follow the others. They are read by a statement of their
// own, because engines disagree on where NULL sorts and the order of the index
// must serve them all.
func (l List[T]) Read(ctx context.Context, db bun.IDB, cursor string, limit int) (*list.Page[T], error) {
	limit, err := limitTo(limit, cmp.Or(l.Default, list.DefaultLimit), cmp.Or(l.Max, list.MaxLimit))
	if err != nil {
		return nil, err
	}
	from := position{timed: true}
	if cursor != "" {
		if from, err = decode(cursor, l.Scope); err != nil {
			return nil, err
		}
	}
	// One row more than asked for tells whether there is a next page.
	found, err := l.rows(ctx, db, from, limit+1)
	if err != nil {
		return nil, err
	}
	if len(found) <= limit {
		return Of(found, ""), nil
	}
	found = found[:limit]
	at, id := l.Place(&found[limit-1])
	next := position{timed: !at.IsZero(), at: at, id: id}
	return Of(found, next.encode(l.Scope)), nil
}

// rows reads rows after from: those that have a time, then those without.
func (l List[T]) rows(ctx context.Context, db bun.IDB, from position, limit int) ([]T, error) {
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	var found []T
	if from.timed {
		found, err = l.query(ctx, db, from, limit)
		if err != nil || len(found) == limit {
			return found, err
		}
		from = position{}
	}
	rest, err := l.query(ctx, db, from, limit-len(found))
	return append(found, rest...), err
}

// query reads rows after from, which starts the list where it is zero but for
// timed.
func (l List[T]) query(ctx context.Context, db bun.IDB, from position, limit int) ([]T, error) {
	rows := make([]T, 0, limit)
	column := bun.Ident(l.Column)
	q := l.Where(db.NewSelect().Model(&rows)).Limit(int64(limit))
	switch {
	case !from.timed:
		q = q.Where("?TableAlias.? IS NULL", column)
		if from.id != 0 {
			q = q.Where("?TableAlias.id < ?", from.id)
		}
		q = q.OrderExpr("?TableAlias.id DESC")
	case from.at.IsZero():
		q = q.Where("?TableAlias.? IS NOT NULL", column).
			OrderExpr("?TableAlias.? DESC, ?TableAlias.id DESC", column)
	default:
		// Not a row comparison, which MySQL would not look up in the index.
		q = q.Where("?TableAlias.? <= ?", column, from.at).
			Where("(?TableAlias.? < ? OR ?TableAlias.id < ?)", column, from.at, from.id).
			OrderExpr("?TableAlias.? DESC, ?TableAlias.id DESC", column)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, dialect.Classify(err)
	}
	return rows, nil
}
