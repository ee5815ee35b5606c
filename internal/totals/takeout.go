package totals

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// TakeOut takes out of the totals of a quarter of an hour what a row was that the
// transaction holds. Its column counted is to be set to NULL by the same transaction.
func (t Table[T]) TakeOut(ctx context.Context, tx bun.Tx, quarter int64, sum Sum) error {
	s := sums{}
	s.add(quarter, sum.negative())
	return s.insert(ctx, tx, t.Series)
}

// Rebuild throws the totals of the days of UTC away that lie between two times, and the
// marks of the rows that are in them, which [Table.Keep] counts again: for after another
// program has removed or changed rows that were counted. A zero time is no bound. It
// returns how many rows these were. Each day is a transaction.
func (t Table[T]) Rebuild(ctx context.Context, db *bun.DB, from, to time.Time) (rebuilt int64, err error) {
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
			if err := guard(ctx, tx, t.Series); err != nil {
				return err
			}
			start, found, err := t.firstDay(ctx, tx, next, to.Unix())
			if err != nil || !found {
				return err
			}
			next = start
			n, err = t.rebuild(ctx, tx, start, start+day)
			return err
		})
		if err != nil || n < 0 {
			return rebuilt, err
		}
		rebuilt += n
	}
}

// firstDay is the first day from a time on, and before another, that has totals or rows
// that are in them.
func (t Table[T]) firstDay(ctx context.Context, tx bun.Tx, from, before int64) (start int64, found bool, err error) {
	day := widths()[0]
	for _, q := range []*bun.SelectQuery{
		tx.NewSelect().Model((*Total)(nil)).Column("start").Where("series = ?", t.Series).Where("width = ?", day).
			Where("start >= ?", from).Where("start < ?", before).OrderExpr("start"),
		tx.NewSelect().Model((*T)(nil)).Column("counted").
			Where("counted >= ?", from).Where("counted < ?", before).OrderExpr("counted"),
	} {
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

// rebuild does it for one day. The rows come first: a verb that has taken one out of its
// total is waited for, and afterwards none is in one, so that all that verbs have added
// to the totals is there to be removed.
func (t Table[T]) rebuild(ctx context.Context, tx bun.Tx, start, end int64) (rebuilt int64, err error) {
	var ids []int64
	err = tx.NewSelect().Model((*T)(nil)).Column("id").Where("counted >= ?", start).Where("counted < ?", end).
		OrderExpr("id").Scan(ctx, &ids)
	if err != nil {
		return 0, dialect.Classify(err)
	}
	for chunk := range slices.Chunk(ids, batch) {
		n, err := t.unmark(ctx, tx, chunk)
		if err != nil {
			return 0, err
		}
		rebuilt += n
	}
	_, err = tx.NewDelete().Model((*Total)(nil)).
		Where("series = ?", t.Series).Where("start >= ?", start).Where("start < ?", end).Where("width > 0").Exec(ctx)
	return rebuilt, dialect.Classify(err)
}

// unmark says of rows that they are in no total. It waits for those that others hold, by
// the primary key and in its order: to lock entries of another index first, as an UPDATE by
// a range does, would be to wait for verbs that wait for those.
func (t Table[T]) unmark(ctx context.Context, tx bun.Tx, ids []int64) (int64, error) {
	q := tx.NewSelect().Model((*T)(nil)).Column("id").Where("?TableAlias.id IN (?)", bun.List(ids)).OrderExpr("id")
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
	return rows.Affected(tx.NewUpdate().Model((*T)(nil)).Set("counted = NULL").Where("id IN (?)", bun.List(held)).Exec(ctx))
}
