package credits

import (
	"context"
	"math"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/totals"
)

// The series of the ledger in chameleon_totals: the sums, and which entries are in them.
const (
	totalsSeries   = "credits"
	segmentsSeries = "credits_segments"
)

// What the rows of segmentsSeries are, by their name.
const (
	// A segment are entries with ids from Start on, Width of these, that are all in
	// totals. N is how many entries there are, Gross the earliest at_us of them and
	// Refunded the latest.
	segmentRow = "entries"
	// The mark is how far entries are counted next: Start is the highest id that there
	// was at N, in seconds since 1970, and Gross the transaction that PostgreSQL was to
	// begin next.
	markRow = "mark"
	// The check is how far segments were compared with their entries.
	checkRow = "check"
)

// second has a million microseconds.
const second = 1_000_000

// usRange is a time in microseconds, without its end.
type usRange struct{ from, to int64 }

// idRange is a range of ids, without its end.
type idRange struct {
	from, to int64
	// only is the time that counts of it, nil for any.
	only *usRange
}

// everything is the range of all ids. Its ends are numbers that every engine takes for
// integers.
func everything() idRange { return idRange{from: math.MinInt64 + 1, to: math.MaxInt64} }

// where restricts a query to the range. Both bounds make it one that a planner without
// statistics takes to be small.
func (r idRange) where() (string, []any) {
	if r == everything() {
		return "", nil
	}
	return " AND id >= ? AND id < ?", []any{r.from, r.to}
}

// isSegment restricts q to segments.
func isSegment(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Where("series = ?", segmentsSeries).Where("width > 0").Where("name = ?", segmentRow)
}

// readSegments reads the segments in the order of their ids.
func readSegments(ctx context.Context, db bun.IDB) (segments []totals.Total, err error) {
	err = isSegment(db.NewSelect().Model(&segments)).OrderExpr("start").Scan(ctx)
	return segments, dialect.Classify(err)
}

// timesOf are the earliest and the latest time of a segment's entries.
func timesOf(segment totals.Total) (first, last int64) { return segment.Gross, segment.Refunded }

// open are the ranges of ids that are in none of the segments.
func open(segments []totals.Total) (ranges []idRange) {
	from := everything().from
	for _, s := range segments {
		if s.Start > from {
			ranges = append(ranges, idRange{from: from, to: s.Start})
		}
		from = s.Start + s.Width
	}
	return append(ranges, idRange{from: from, to: everything().to})
}
