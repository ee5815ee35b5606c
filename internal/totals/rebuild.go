package totals

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Bounds checks the time of a rebuild, the From and To of its params. A zero one is no
// bound.
func Bounds(from, to time.Time) (_, _ time.Time, err error) {
	from, fromErr := valid.Bound("From", from)
	to, toErr := valid.Bound("To", to)
	return from, to, valid.First(fromErr, toErr)
}

// Rebuild is [Rebuild] of a table whose series has no other.
func (t Table[T]) Rebuild(ctx context.Context, db *bun.DB, from, to time.Time) (rebuilt int64, err error) {
	return Rebuild(ctx, db, t.Series, from, to, (*T)(nil))
}

// Rebuild throws the totals of the days of UTC away that lie between two times, and the
// marks of the rows that are in them, which [Table.Keep] counts again: for after another
// program has removed or changed rows that were counted. A zero time is no bound. It
// returns how many rows these were. Each day is a transaction. models are nil pointers to
// those of the series' tables, in an order in which whoever moves rows between them
// leaves none behind.
func Rebuild(ctx context.Context, db *bun.DB, series string, from, to time.Time, models ...any) (rebuilt int64, err error) {
	r := rebuild{series, models}
	day := widths()[0]
	if from.IsZero() {
		from = time.Unix(0, 0)
	}
	if to.IsZero() {
		to = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	for next := floor(from.Unix(), day); ; next += day {
		var n int64
		err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			n = -1
			if err := guard(ctx, tx, series); err != nil {
				return err
			}
			start, found, err := r.firstDay(ctx, tx, next, to.Unix())
			if err != nil || !found {
				return err
			}
			next = start
			n, err = r.day(ctx, tx, start, start+day)
			return err
		})
		if err != nil || n < 0 {
			return rebuilt, err
		}
		rebuilt += n
	}
}

// rebuild is the series whose totals are thrown away, and the tables that it counts.
type rebuild struct {
	series string
	models []any
}

// firstDay is the first day from a time on, and before another, that has totals or rows
// that are in them.
func (r rebuild) firstDay(ctx context.Context, tx bun.Tx, from, before int64) (start int64, found bool, err error) {
	day := widths()[0]
	queries := []*bun.SelectQuery{
		tx.NewSelect().Model((*Total)(nil)).Column("start").Where("series = ?", r.series).Where("width = ?", day).
			Where("start >= ?", from).Where("start < ?", before).OrderExpr("start"),
	}
	for _, model := range r.models {
		queries = append(queries, tx.NewSelect().Model(model).Column("counted").
			Where("counted >= ?", from).Where("counted < ?", before).OrderExpr("counted"))
	}
	for _, q := range queries {
		var first []int64
		if err := q.Limit(1).Scan(ctx, &first); err != nil {
			return 0, false, dialect.Classify(err)
		}
		for _, at := range first {
			if at = floor(at, day); !found || at < start {
				start, found = at, true
			}
		}
	}
	return start, found, nil
}

// day does it for one day. The rows come first: a verb that has taken one out of its
// total is waited for, and afterwards none is in one, so that all that verbs have added
// to the totals is there to be removed.
func (r rebuild) day(ctx context.Context, tx bun.Tx, start, end int64) (rebuilt int64, err error) {
	for _, model := range r.models {
		var ids []int64
		err = tx.NewSelect().Model(model).Column("id").Where("counted >= ?", start).Where("counted < ?", end).
			OrderExpr("id").Scan(ctx, &ids)
		if err != nil {
			return 0, dialect.Classify(err)
		}
		for chunk := range slices.Chunk(ids, batch) {
			n, err := unmark(ctx, tx, model, chunk)
			if err != nil {
				return 0, err
			}
			rebuilt += n
		}
	}
	_, err = tx.NewDelete().Model((*Total)(nil)).
		Where("series = ?", r.series).Where("start >= ?", start).Where("start < ?", end).Where("width > 0").Exec(ctx)
	return rebuilt, dialect.Classify(err)
}

// unmark says of rows that they are in no total. It waits for those that others hold, by
// the primary key and in its order: to lock entries of another index first, as an UPDATE by
// a range does, would be to wait for verbs that wait for those.
func unmark(ctx context.Context, tx bun.Tx, model any, ids []int64) (int64, error) {
	q := tx.NewSelect().Model(model).Column("id").Where("?TableAlias.id IN (?)", bun.List(ids)).OrderExpr("id")
	if dialect.Of(tx).IsMySQL() {
		q = byPrimaryMySQL(q)
	}
	var held []int64
	if err := rows.ForUpdate(q, tx).Scan(ctx, &held); err != nil {
		return 0, dialect.Classify(err)
	}
	if len(held) == 0 {
		return 0, nil
	}
	return rows.Affected(tx.NewUpdate().Model(model).Set("counted = NULL").Where("id IN (?)", bun.List(held)).Exec(ctx))
}
