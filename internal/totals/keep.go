package totals

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// batch is how many rows one transaction counts.
const batch = 500

// Table is a table whose rows are counted.
type Table[T any] struct {
	Series string
	// Time is the column of the time by which rows are counted.
	Time string
	// Columns are those that Row looks at, id and Time among them.
	Columns []string
	// Where selects the rows that are counted.
	Where func(q *bun.SelectQuery) *bun.SelectQuery
	// Row says what a row is, false for one that is not to be in a total.
	Row func(row *T) (id int64, at time.Time, sum Sum, ok bool)
}

// Keep puts the rows of times before until into totals that are in none, and returns
// how many these were. Each few hundred are a transaction, which waits for no row that
// a verb holds: that one is left for the next time. The database has to be a handle.
func (t Table[T]) Keep(ctx context.Context, db *bun.DB, until time.Time) (counted int64, err error) {
	after := place{at: time.Unix(Quarter, 0).UTC()}
	for {
		var n int64
		var last *place
		err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			var err error
			n, last, err = t.keep(ctx, tx, after, until)
			return err
		})
		if err != nil {
			return counted, err
		}
		counted += n
		if last == nil {
			return counted, nil
		}
		after = *last
	}
}

// place is where in the order of their times a batch of rows ends.
type place struct {
	at time.Time
	id int64
}

// keep counts a batch of rows, and returns where it ended, nil at the end.
func (t Table[T]) keep(ctx context.Context, tx bun.Tx, after place, until time.Time) (int64, *place, error) {
	if err := guard(ctx, tx, t.Series); err != nil {
		return 0, nil, err
	}
	ids, last, err := t.next(ctx, tx, after, until)
	if err != nil || len(ids) == 0 {
		return 0, nil, err
	}
	found, err := readable[T](ctx, tx, ids, func(q *bun.SelectQuery) *bun.SelectQuery {
		return t.Where(q.Column(t.Columns...)).Where("?TableAlias.counted IS NULL")
	})
	if err != nil {
		return 0, nil, err
	}
	starts, sums := make(map[int64]int64, len(found)), sums{}
	for i := range found {
		id, at, sum, ok := t.Row(&found[i])
		// Its time may be another than it was before the lock.
		if start := StartOf(at); ok && start >= Quarter && sums.add(start, sum) {
			starts[id] = start
		}
	}
	if err := sums.store(ctx, tx, t.Series); err != nil {
		return 0, nil, err
	}
	return int64(len(starts)), last, t.mark(ctx, tx, starts)
}

// next looks for rows that are in no total. Their times are read as the engine compares
// them: what a program stored may be one to the engine and none to Go.
//
// The index by counted and time has to serve it, or each batch reads the whole table.
// PostgreSQL takes the index's order only if the query asks for counted, too, although that
// is NULL in every row.
func (t Table[T]) next(ctx context.Context, tx bun.Tx, after place, until time.Time) ([]int64, *place, error) {
	column := "?TableAlias." + t.Time
	at := moment.Column(dialect.Of(tx), column)
	var found []struct {
		ID int64
		At time.Time
	}
	q := t.Where(tx.NewSelect().Model((*T)(nil)).Column("id").ColumnExpr(at + " AS at")).Where("?TableAlias.counted IS NULL")
	q = moment.Within(q, column, after.at, until).
		Where("("+at+" > ? OR ?TableAlias.id > ?)", moment.Arg(after.at), after.id).
		OrderExpr("?TableAlias.counted, " + at + ", ?TableAlias.id").Limit(batch)
	if err := q.Scan(ctx, &found); err != nil {
		return nil, nil, dialect.Classify(err)
	}
	ids := make([]int64, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	if len(found) < batch {
		return ids, nil, nil
	}
	last := found[batch-1]
	return ids, &place{last.At, last.ID}, nil
}

// readable is lock, but for rows that Go cannot read: these are in no total.
func readable[T any](
	ctx context.Context, tx bun.Tx, ids []int64, which func(*bun.SelectQuery) *bun.SelectQuery,
) (found []T, err error) {
	found, err = lock[T](ctx, tx, ids, which)
	if _, engine := errors.AsType[*dialect.Error](err); err == nil || engine || ctx.Err() != nil {
		return found, err
	}
	if len(ids) == 1 {
		return nil, nil
	}
	var all []T
	for _, id := range ids {
		one, err := readable[T](ctx, tx, []int64{id}, which)
		if err != nil {
			return nil, err
		}
		all = append(all, one...)
	}
	return all, nil
}

// lock reads those of the rows that nobody else holds, and holds them. It never waits:
// a verb that held one of them, and waited for another, would be waited for.
func lock[T any](
	ctx context.Context, tx bun.Tx, ids []int64, which func(*bun.SelectQuery) *bun.SelectQuery,
) (found []T, err error) {
	q := func(ids []int64) *bun.SelectQuery {
		return which(rows.Current(tx).NewSelect().Model(&found)).Where("?TableAlias.id IN (?)", bun.List(ids)).OrderExpr("?TableAlias.id")
	}
	switch caps := dialect.Of(tx); {
	case !caps.LocksRows():
		err = q(ids).Scan(ctx)
	case caps.IsMySQL():
		return lockMySQL(ctx, &found, ids, q)
	default:
		err = lockPostgres(q(ids)).Scan(ctx)
	}
	return found, dialect.Classify(err)
}

// mark says of rows in which totals they are.
func (t Table[T]) mark(ctx context.Context, tx bun.Tx, starts map[int64]int64) error {
	if len(starts) == 0 {
		return nil
	}
	var branches strings.Builder
	var ids []int64
	var args []any
	for id := range starts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		branches.WriteString(" WHEN ? THEN ?")
		args = append(args, id, starts[id])
	}
	n, err := rows.Affected(tx.NewUpdate().Model((*T)(nil)).Set("counted = CASE id"+branches.String()+" END", args...).
		Where("id IN (?)", bun.List(ids)).Exec(ctx))
	if err == nil && n != int64(len(ids)) {
		return rows.Locked(n, nil, "a row of "+t.Series)
	}
	return err
}

// guard holds the row that whoever writes the totals of a series holds.
func guard(ctx context.Context, tx bun.Tx, series string) error {
	which := func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("guard = ?", series) }
	n, err := rows.Count(ctx, which(tx.NewSelect().Model((*Total)(nil)).Column("id")))
	if err == nil && n == 0 {
		_, err = rows.Insert(ctx, tx, &Total{Series: series, Guard: series})
	}
	if err != nil {
		return err
	}
	return dialect.Classify(rows.ForUpdate(which(tx.NewSelect().Model(new(Total))), tx).Scan(ctx))
}

// key names a total.
type key struct {
	width, start int64
	name         string
}

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.width, o.width), cmp.Compare(k.start, o.start), strings.Compare(k.name, o.name))
}

// sums are what is to be added to totals.
type sums map[key]Sum

// add adds a sum to the totals of a quarter of an hour, unless one of them is too large
// for that.
func (s sums) add(quarter int64, sum Sum) bool {
	next := map[key]Sum{}
	for _, width := range widths() {
		k := key{width, floor(quarter, width), sum.Name}
		before := s[k]
		before.Name = sum.Name
		var ok bool
		if next[k], ok = before.plus(sum); !ok {
			return false
		}
	}
	maps.Copy(s, next)
	return true
}

// store adds the sums to the totals that there are, and makes others.
func (s sums) store(ctx context.Context, tx bun.Tx, series string) error {
	for _, width := range widths() {
		var starts []int64
		for k := range s {
			if k.width == width && !slices.Contains(starts, k.start) {
				starts = append(starts, k.start)
			}
		}
		if len(starts) == 0 {
			return nil
		}
		slices.Sort(starts)
		var there []Total
		// Plainly: only who holds the guard changes a total, and to wait for one that a
		// verb is adding could be to wait for each other.
		err := tx.NewSelect().Model(&there).Where("series = ?", series).Where("width = ?", width).
			Where("start IN (?)", bun.List(starts)).OrderExpr("id").Scan(ctx)
		if err != nil {
			return dialect.Classify(err)
		}
		if err := s.merge(ctx, tx, there); err != nil {
			return err
		}
	}
	return s.insert(ctx, tx, series)
}

// merge makes one total of those that are there of the same and what is added, as far
// as 64 bits hold it.
func (s sums) merge(ctx context.Context, tx bun.Tx, there []Total) error {
	for i := range there {
		k := key{there[i].Width, there[i].Start, there[i].Name}
		sum, ok := there[i].plus(s[k].named(k.name))
		if !ok {
			continue
		}
		s[k] = sum
		if _, err := tx.NewDelete().Model((*Total)(nil)).Where("id = ?", there[i].ID).Exec(ctx); err != nil {
			return dialect.Classify(err)
		}
	}
	return nil
}

func (s Sum) named(name string) Sum {
	s.Name = name
	return s
}

// insert writes the sums, but for those of nothing.
func (s sums) insert(ctx context.Context, tx bun.Tx, series string) error {
	var all []Total
	for k, sum := range s {
		if !sum.isZero() {
			all = append(all, Total{Series: series, Width: k.width, Start: k.start, Sum: sum})
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b Total) int {
		return key{a.Width, a.Start, a.Name}.compare(key{b.Width, b.Start, b.Name})
	})
	_, err := tx.NewInsert().Model(&all).ExcludeColumn("id").Exec(ctx)
	return dialect.Classify(err)
}
