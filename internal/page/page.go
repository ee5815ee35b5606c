package page

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/moment"
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
	// Else, when set, is the time column of rows that have none in Column. An index on
	// the filter's columns, Column, Else and id serves those.
	Else string
	// Archive is the table where it has an archive, whose rows are in the list, too. An
	// index on the column of the first of By tells whether it has any.
	Archive archived.Table
	// By are the columns that the rows have certain values in. A list that is told by
	// these alone is read by a statement that the server keeps prepared.
	By []Term
	// Where, when set, filters the rows further.
	Where func(q *bun.SelectQuery) *bun.SelectQuery
	// Place returns a row's time, zero for NULL, and id.
	Place func(row *T) (time.Time, int64)
	// Keep, when set, says of rows that Where let pass whether they are in the list:
	// what the database cannot tell.
	Keep func(row *T) bool
	// Default is the limit when the caller gives none, Max the highest; 0 means
	// those of the package list.
	Default, Max int
}

// Term is a value that rows have in a column. The empty one is a filter that is not
// set, and restricts nothing.
type Term struct{ Column, Value string }

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
		if from, err = decode(cursor, l.Scope, dialect.Of(db)); err != nil {
			return nil, err
		}
	}
	// One row more than asked for tells whether there is a next page.
	found, timed, err := l.kept(ctx, db, from, limit+1)
	if err != nil {
		return nil, err
	}
	if len(found) <= limit {
		return Of(found, ""), nil
	}
	found = found[:limit]
	at, id := l.Place(&found[limit-1])
	next := position{timed: limit <= timed, at: at, id: id}
	return Of(found, next.encode(l.Scope)), nil
}

// kept reads rows after from that Keep keeps, and how many of them have a time. It
// goes on until they are as many as limit, or there are no more.
func (l List[T]) kept(ctx context.Context, db bun.IDB, from position, limit int) (found []T, timed int, err error) {
	if l.Keep == nil {
		return l.rows(ctx, db, from, limit)
	}
	for batch := limit; ; batch = max(batch, list.MaxLimit) {
		read, itsTimed, err := l.rows(ctx, db, from, batch)
		if err != nil {
			return nil, 0, err
		}
		for i := range read {
			if !l.Keep(&read[i]) {
				continue
			}
			found = append(found, read[i])
			if i < itsTimed {
				timed++
			}
			if len(found) == limit {
				return found, timed, nil
			}
		}
		if len(read) < batch {
			return found, timed, nil
		}
		at, id := l.Place(&read[len(read)-1])
		from = position{timed: batch <= itsTimed, at: at, id: id}
	}
}

// rows reads rows after from: those that have a time, and how many they are, then
// those without.
func (l List[T]) rows(ctx context.Context, db bun.IDB, from position, limit int) (found []T, timed int, err error) {
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, 0, err
	}
	defer done()
	if from.timed {
		found, err = l.timed(ctx, db, from, limit)
		if err != nil || len(found) == limit {
			return found, len(found), err
		}
		from = position{}
	}
	timed = len(found)
	rest, err := l.query(ctx, db, from, limit-timed, cmp.Or(l.Else, l.Column))
	return append(found, rest...), timed, err
}

// timed reads rows after from that have a time.
func (l List[T]) timed(ctx context.Context, db bun.IDB, from position, limit int) ([]T, error) {
	found, err := l.query(ctx, db, from, limit, l.Column)
	if err != nil || l.Else == "" {
		return found, err
	}
	others, err := l.query(ctx, db, from, limit, l.Else)
	if err != nil {
		return nil, err
	}
	found = append(found, others...)
	slices.SortFunc(found, l.newer)
	return found[:min(limit, len(found))], nil
}

// query reads rows after from, which starts the list where it is zero but for
// timed, by a time column: the list's Else is that of rows without the other.
func (l List[T]) query(ctx context.Context, db bun.IDB, from position, limit int, column string) ([]T, error) {
	rows, err := l.read(ctx, db, from, limit, column)
	if unreadable(err) {
		return nil, l.blame(ctx, db, from, limit, column, err)
	}
	if err != nil || !from.timed {
		return rows, err
	}
	return rows, l.inOrder(db, from, rows, column)
}

// read is query, before anything is made of its error.
func (l List[T]) read(ctx context.Context, db bun.IDB, from position, limit int, column string) ([]T, error) {
	if l.Where == nil {
		rows, err := l.prepared(ctx, db, from, limit, column)
		if err != nil || len(rows) > 0 || l.Archive == "" {
			return rows, err
		}
	}
	rows := make([]T, 0, limit)
	which, ordered := l.selects(db, from, column)
	q := ordered(which(db.NewSelect().Model(&rows))).Limit(int64(limit))
	if l.Archive != "" {
		q = l.Archive.First(db, &rows, (*T)(nil), limit, which, ordered)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, dialect.Classify(err)
	}
	if l.Archive != "" {
		slices.SortFunc(rows, l.newer)
		rows = rows[:min(len(rows), limit)]
	}
	return rows, nil
}

// selects are what restricts a query to the rows after from, and what puts it in order.
func (l List[T]) selects(db bun.IDB, from position, column string) (which, ordered archived.Which) {
	at := moment.Column(dialect.Of(db), "?TableAlias."+column)
	which = func(q *bun.SelectQuery) *bun.SelectQuery {
		if column != l.Column {
			q = q.Where(moment.Column(dialect.Of(db), "?TableAlias."+l.Column) + " IS NULL")
		}
		for _, term := range l.By {
			q = Equal(q, term.Column, term.Value)
		}
		if l.Where != nil {
			q = l.Where(q)
		}
		where, args := behind(at, "?TableAlias.id", from)
		return q.Where(where, args...)
	}
	ordered = func(q *bun.SelectQuery) *bun.SelectQuery {
		if !from.timed {
			return q.OrderExpr("?TableAlias.id DESC")
		}
		return q.OrderExpr(at + " DESC, ?TableAlias.id DESC")
	}
	return which, ordered
}

// newer orders rows as the list has them.
func (l List[T]) newer(a, b T) int {
	atA, idA := l.Place(&a)
	atB, idB := l.Place(&b)
	return cmp.Or(atB.Compare(atA), cmp.Compare(idB, idA))
}

// behind is the condition for rows after from; at is their time.
func behind(at, id string, from position) (string, []any) {
	switch {
	case !from.timed && from.id == 0:
		return at + " IS NULL", nil
	case !from.timed:
		return at + " IS NULL AND " + id + " < ?", []any{from.id}
	case from.isStart():
		return at + " IS NOT NULL", nil
	case from.at.IsZero():
		// MySQL's zero date, which is before all times and reads as Go's first one.
		return at + " < ? AND " + id + " < ?", []any{moment.Arg(from.at.AddDate(0, 0, 1)), from.id}
	}
	// Not a row comparison, which MySQL would not look up in the index.
	last := moment.Arg(from.at)
	return at + " <= ? AND (" + at + " < ? OR " + id + " < ?)", []any{last, last, from.id}
}
