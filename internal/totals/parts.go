package totals

import (
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/moment"
)

// Parts divide the time of a statistic into what totals say and what is read from
// rows.
type Parts struct {
	// span are the periods, nil for one sum.
	span *days.Span
	// from and to bound the time, zero for open ends.
	from, to time.Time
	// width is how long the totals are that add up to the periods.
	width int64
	// cut are the quarters of an hour in which a period begins or ends that does not
	// with them: their rows are read.
	cut []int64
}

// Of returns the parts of a span.
func Of(span *days.Span) Parts {
	p := parts(span.Edges)
	p.span, p.from, p.to = span, span.Edges[0].UTC(), span.Edges[len(span.Edges)-1].UTC()
	return p
}

// Between returns the parts of the time from one moment on and before another; a zero
// one is no bound.
func Between(from, to time.Time) Parts {
	p := parts(slices.DeleteFunc([]time.Time{from, to}, time.Time.IsZero))
	p.from, p.to = from, to
	return p
}

func parts(edges []time.Time) Parts {
	p := Parts{width: Quarter}
	for _, width := range widths() {
		if !slices.ContainsFunc(edges, func(edge time.Time) bool { return !whole(edge, width) }) {
			p.width = width
			break
		}
	}
	for _, edge := range edges {
		if !whole(edge, Quarter) && !slices.Contains(p.cut, StartOf(edge)) {
			p.cut = append(p.cut, StartOf(edge))
		}
	}
	return p
}

// whole reports whether a time is one at which totals of a width begin.
func whole(at time.Time, width int64) bool {
	return at.Nanosecond() == 0 && at.Unix()%width == 0
}

// ceil is a time in whole seconds, rounded up.
func ceil(at time.Time) int64 {
	if at.Nanosecond() > 0 {
		return at.Unix() + 1
	}
	return at.Unix()
}

// Rows are the queries of the rows that are read, each of whom of makes: those that
// are in no total, and those of the quarters that are cut.
func (p Parts) Rows(column string, of func() *bun.SelectQuery) []*bun.SelectQuery {
	queries := []*bun.SelectQuery{moment.Within(of().Where("counted IS NULL"), column, p.from, p.to)}
	if len(p.cut) > 0 {
		queries = append(queries, moment.Within(of().Where("counted IN (?)", bun.List(p.cut)), column, p.from, p.to))
	}
	return queries
}

// Marked is the query of the rows that [Parts.Kept] has in totals, for who has to read
// them themselves.
func (p Parts) Marked(column string, of func() *bun.SelectQuery) *bun.SelectQuery {
	q := of().Where("counted IS NOT NULL")
	if !p.from.IsZero() {
		q = q.Where("counted >= ?", StartOf(p.from))
	}
	if !p.to.IsZero() {
		q = q.Where("counted < ?", ceil(p.to))
	}
	if len(p.cut) > 0 {
		q = q.Where("counted NOT IN (?)", bun.List(p.cut))
	}
	return moment.Within(q, column, p.from, p.to)
}

// Kept is the query of the totals of a series; Number says of which period each is.
func (p Parts) Kept(db bun.IDB, series string) *bun.SelectQuery {
	q := db.NewSelect().Model((*Total)(nil)).Where("series = ?", series).Where("width = ?", p.width)
	if !p.from.IsZero() {
		q = q.Where("start >= ?", floor(p.from.Unix(), p.width))
	}
	if !p.to.IsZero() {
		q = q.Where("start < ?", ceil(p.to))
	}
	if len(p.cut) > 0 {
		q = q.Where("start NOT IN (?)", bun.List(p.cut))
	}
	return q
}

// Number is an expression for the number, from 0, of a total's period.
func (p Parts) Number() (expr string, args []any) {
	var b strings.Builder
	args = p.span.Search(&b, "start", func(edge time.Time) any { return ceil(edge) })
	return b.String(), args
}

// Text is the SQL of a text that two tables may keep in different collations, for Union.
func Text(db bun.IDB, column string) string {
	if dialect.Of(db).IsMySQL() {
		return textMySQL(column)
	}
	return column
}

// Union is a statement of all the queries: what they read is of one moment.
func Union(db bun.IDB, queries ...*bun.SelectQuery) *bun.RawQuery {
	args := make([]any, len(queries))
	for i, q := range queries {
		args[i] = q
	}
	return db.NewRaw("?"+strings.Repeat(" UNION ALL ?", len(queries)-1), args...)
}
