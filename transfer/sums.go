package transfer

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// Rows of history are only added, or moved to the archive, except for the columns that
// [dialect.AppendOnly] names. So finding out which part of it has changed does not require
// reading it: the engines count it, by ranges of ids, at their own speed. A new row changes
// a range's count and the sum of its ids, whatever its id and whenever it was committed; a
// permitted change to a row changes a count of non-NULL values.

// rangeRows is the width of a range of ids.
const rangeRows = 1 << 16

// sums are the counts of a table, by range.
type sums map[int64][]int64

// quickly makes a table of history that has been filled before equal to the source's. It
// reads only the ranges that differ.
func (c *copier) quickly(ctx context.Context, t *table) error {
	want, err := c.from.sums(ctx, c.snapshot, t)
	if err != nil {
		return err
	}
	have, err := c.to.sums(ctx, c.to.conn, t)
	if err != nil {
		return err
	}
	for _, at := range want.differing(have) {
		from, to := boundsOf(at)
		if _, _, err := c.compare(ctx, t, part{bounded: true, from: from, to: to}); err != nil {
			return err
		}
	}
	if have, err = c.to.sums(ctx, c.to.conn, t); err != nil {
		return err
	}
	if len(want.differing(have)) > 0 {
		return &MismatchError{Table: t.name, WantRows: want.rows(), Rows: have.rows(), WantChecksum: "by counts", Checksum: "by counts"}
	}
	return nil
}

// sums counts the ranges of a table.
func (s *side) sums(ctx context.Context, q bun.IConn, t *table) (sums, error) {
	id, divide := s.quote(t.counter), " / "
	if s.caps.IsMySQL() {
		divide = " DIV "
	}
	width := strconv.Itoa(rangeRows)
	var query strings.Builder
	query.WriteString("SELECT " + id + divide + width + ", COUNT(*), SUM(" + id + " % " + width + ")")
	for _, name := range t.history {
		query.WriteString(", COUNT(" + s.quote(name) + ")")
	}
	query.WriteString(" FROM " + s.quote(t.name) + " GROUP BY 1")
	counted := make(sums)
	return counted, each(ctx, q, query.String(), func(rows *sql.Rows) error {
		raw, dest := make([]any, 3+len(t.history)), make([]any, 3+len(t.history))
		for i := range raw {
			dest[i] = &raw[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		numbers := make([]int64, len(raw))
		for i := range raw {
			numbers[i], _ = scannedInt(raw[i])
		}
		counted[numbers[0]] = numbers[1:]
		return nil
	})
}

// differing lists the ranges that differ, in order.
func (s sums) differing(other sums) (ranges []int64) {
	for at, numbers := range s {
		if !slices.Equal(numbers, other[at]) {
			ranges = append(ranges, at)
		}
	}
	for at := range other {
		if s[at] == nil {
			ranges = append(ranges, at)
		}
	}
	slices.Sort(ranges)
	return ranges
}

func (s sums) rows() (n int64) {
	for _, numbers := range s {
		n += numbers[0]
	}
	return n
}

// boundsOf are the first and the last id of a range. Division is towards 0.
func boundsOf(at int64) (from, to int64) {
	const last = rangeRows - 1
	switch {
	case at == 0:
		return -last, last
	case at > 0:
		from, to = at*rangeRows, at*rangeRows+last
		if to < from {
			to = math.MaxInt64
		}
		return from, to
	}
	from, to = at*rangeRows-last, at*rangeRows
	if from > to {
		from = math.MinInt64
	}
	return from, to
}
