package credits

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/width"
)

const (
	// maxRanges is how many ranges of entries one statement reads beside the totals.
	maxRanges = 50
	// totalsAttempts is how often it is read beside KeepTotals before it is read
	// without totals.
	totalsAttempts = 3
)

// totalsQuery reads the sums of periods.
type totalsQuery struct {
	db    bun.IDB
	caps  dialect.Capabilities
	span  *days.Span
	parts totals.Parts
}

func newTotalsQuery(db bun.IDB, span *days.Span) *totalsQuery {
	return &totalsQuery{db: db, caps: dialect.Of(db), span: span, parts: totals.Of(span)}
}

func (q *totalsQuery) read(ctx context.Context) ([]statsRow, error) {
	for range totalsAttempts {
		segments, err := q.segments(ctx)
		if err != nil {
			return nil, err
		}
		ranges := append(open(segments), q.cut(segments)...)
		if len(segments) == 0 || len(ranges) > maxRanges {
			break
		}
		found, same, err := q.beside(ctx, segments, ranges)
		if err != nil || same {
			return found, err
		}
	}
	return q.sums(ctx, q.entries([]idRange{everything()}))
}

// segments are those that are in totals. Over shards none is.
func (q *totalsQuery) segments(ctx context.Context) ([]totals.Total, error) {
	if q.caps.Sharded {
		return nil, nil
	}
	return readSegments(ctx, q.db)
}

// cut are the parts of the segments in which an entry may be of a quarter of an hour
// that is cut: totals do not say on which side of the edge it was.
func (q *totalsQuery) cut(segments []totals.Total) (ranges []idRange) {
	for _, start := range q.parts.Cut() {
		from, to := start*second, (start+totals.Quarter)*second
		for _, s := range segments {
			if first, last := timesOf(s); first < to && last >= from {
				ranges = append(ranges, idRange{s.Start, s.Start + s.Width, &usRange{from, to}})
			}
		}
	}
	return ranges
}

// beside reads the totals and what the segments leave out, in one statement. It returns
// false if they are not the segments any longer of which the totals are.
func (q *totalsQuery) beside(ctx context.Context, segments []totals.Total, ranges []idRange) ([]statsRow, bool, error) {
	number, args := q.parts.Number()
	kept := q.parts.Kept(q.db, totalsSeries).ColumnExpr(number+" AS bucket", args...).ColumnExpr(classOfName() + " AS class").
		ColumnExpr("SUM(gross) AS positive").ColumnExpr("SUM(refunded) AS negative").ColumnExpr("SUM(n) AS entries").GroupExpr("1, 2")
	state := isSegment(q.db.NewSelect().Model((*totals.Total)(nil))).ColumnExpr("-1 AS bucket").ColumnExpr("0 AS class").
		ColumnExpr("COUNT(*) AS positive").ColumnExpr("COALESCE(MAX(id), 0) AS negative").ColumnExpr("0 AS entries")
	found, err := q.sums(ctx, q.entries(ranges), kept, state)
	if err != nil {
		return nil, false, err
	}
	var latest int64
	for _, s := range segments {
		latest = max(latest, s.ID)
	}
	for i, row := range found {
		if row.Bucket < 0 {
			same := int64(row.Positive) == int64(len(segments)) && int64(row.Negative) == latest
			return append(found[:i], found[i+1:]...), same, nil
		}
	}
	return found, false, nil
}

// entries is the query of the sums of entries with ids of the ranges.
func (q *totalsQuery) entries(ranges []idRange) *bun.SelectQuery {
	var arms []string
	var args []any
	for _, r := range ranges {
		arm, armArgs := q.arm(r)
		arms, args = append(arms, arm), append(args, armArgs...)
	}
	var bucket strings.Builder
	bucketArgs := q.span.Search(&bucket, "us", func(edge time.Time) any { return ceilMicro(edge) })
	return q.db.NewSelect().TableExpr("(SELECT class, credits, "+bucket.String()+" AS bucket FROM ("+strings.Join(arms, " UNION ALL ")+
		") AS entries) AS sums", append(bucketArgs, args...)...).
		ColumnExpr("bucket").ColumnExpr("class").
		ColumnExpr("COALESCE(SUM(CASE WHEN credits > 0 THEN credits END), 0) AS positive").
		ColumnExpr("COALESCE(SUM(CASE WHEN credits < 0 THEN -credits END), 0) AS negative").
		ColumnExpr("COUNT(*) AS entries").GroupExpr("bucket, class")
}

// arm selects the entries of a range that moved something in the time, with rows of
// other programs.
func (q *totalsQuery) arm(r idRange) (string, []any) {
	ids, idArgs := r.where()
	from, to := ceilMicro(q.span.Edges[0]), ceilMicro(q.span.Edges[len(q.span.Edges)-1])
	if r.only != nil {
		from, to = max(from, r.only.from), min(to, r.only.to)
	}
	query := "SELECT " + classOf(q.caps) + " AS class, credits, at_us AS us FROM credits_trans WHERE at_us >= ? AND at_us < ? AND credits <> 0" + ids
	args := append([]any{from, to}, idArgs...)
	query += " UNION ALL " + archived.Entries.Of(query)
	args = append(args, args...)
	if r.only != nil { // a segment has no such rows
		return query, args
	}
	query += " UNION ALL SELECT class, credits, us FROM (SELECT " + legacyClass() + " AS class, credits, " + createdUs(q.caps) +
		" AS us FROM credits_trans WHERE seq IS NULL AND credits <> 0" + ids + ") AS legacy WHERE us >= ? AND us < ?"
	return query, append(append(args, idArgs...), from, to)
}

// sums reads what queries of sums return.
func (q *totalsQuery) sums(ctx context.Context, queries ...*bun.SelectQuery) ([]statsRow, error) {
	var rows []statsRow
	if err := totals.Union(q.db, queries...).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	sums := make([]width.Sum, 0, 2*len(rows))
	for _, row := range rows {
		if row.Bucket >= 0 {
			sums = append(sums, row.Positive, row.Negative)
		}
	}
	return rows, width.Addable(sums...)
}

// classNames are what totals call the classes.
func classNames() map[statsClass]string {
	return map[statsClass]string{
		classMoved: "moved", classGranted: "granted", classConsumed: "consumed", classRefunded: "refunded", classTakenBack: "taken_back",
	}
}

// classOfName is the class of a total, by its name.
func classOfName() string {
	var b strings.Builder
	b.WriteString("CASE name")
	for class := classMoved; class <= classTakenBack; class++ {
		fmt.Fprintf(&b, " WHEN '%s' THEN %d", classNames()[class], class)
	}
	return b.String() + " END"
}
