package credits

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/width"
)

// statsClass says what an entry counts as.
type statsClass int

const (
	classMoved statsClass = iota // within the account: debt payments, carry-overs
	classGranted
	classConsumed
	classRefunded
	classTakenBack
	classExpired // not an entry in the time range, but what expired in it
)

// classOf determines an entry's class by what the ledger itself writes: a grant's own entry has its
// lot's number, and the types of claw-backs, voids and moves within an account are fixed. A debt
// payment takes from a grant what it adds to the debt; one that adds to a grant has no counterpart:
// it is paid debt that a claw-back returns.
func classOf(caps dialect.Capabilities) string {
	transType := exactType(caps, "trans_type")
	return fmt.Sprintf("CASE WHEN seq = lot THEN %d "+
		"WHEN %s = '%s' AND credits > 0 AND lot <> %d THEN %d "+
		"WHEN %s IN ('%s', '%s', '%s') THEN %d WHEN %s IN ('%s', '%s') THEN %d "+
		"WHEN credits > 0 THEN %d ELSE %d END",
		classGranted,
		transType, TypeDebtPayment, column.DebtLot, classTakenBack,
		transType, TypeDebtPayment, TypeCarryOver, TypeAdoptedDraw, classMoved, transType, TypeClawBack, TypeVoid, classTakenBack,
		classRefunded, classConsumed)
}

// legacyClass returns the class of another program's row.
func legacyClass() string {
	return fmt.Sprintf("CASE WHEN credits > 0 THEN %d ELSE %d END", classGranted, classConsumed)
}

// statsQuery reads statistics for buckets between edges.
type statsQuery struct {
	db    bun.IDB
	caps  dialect.Capabilities
	p     StatsParams
	edges []time.Time
	at    int64
}

// statsRow is a sum that the database computed.
type statsRow struct {
	Bucket    int
	TransType string
	Class     statsClass
	Positive  width.Sum
	Negative  width.Sum
	Entries   int64
}

func (q *statsQuery) read(ctx context.Context) (*StatsResult, error) {
	moved, args := q.moved()
	lost, lostArgs := q.lost()
	inner := moved + " UNION ALL " + lost
	args = append(args, lostArgs...)
	var rows []statsRow
	err := q.db.NewRaw("SELECT bucket, trans_type, class, "+
		"COALESCE(SUM(CASE WHEN credits > 0 THEN credits END), 0) AS positive, "+
		"COALESCE(SUM(CASE WHEN credits < 0 THEN -credits END), 0) AS negative, COUNT(*) AS entries "+
		"FROM ("+q.bucketed(sumColumns, inner)+") AS sums GROUP BY bucket, trans_type, class ORDER BY trans_type",
		args...).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	sums := make([]width.Sum, 0, 2*len(rows))
	for _, row := range rows {
		sums = append(sums, row.Positive, row.Negative)
	}
	if err := width.Addable(sums...); err != nil {
		return nil, err
	}
	out := q.result(rows)
	return out, q.readActive(ctx, out)
}

// readActive counts the accounts whose credits moved.
func (q *statsQuery) readActive(ctx context.Context, out *StatsResult) error {
	movers, args := q.movers()
	err := q.db.NewRaw("SELECT COUNT(DISTINCT user_uuid) FROM (SELECT user_uuid FROM ("+movers+") AS entries) AS users", args...).
		Scan(ctx, &out.ActiveUsers)
	if err != nil || len(out.Series) == 0 {
		return err
	}
	var rows []struct {
		Bucket int
		Users  int64
	}
	err = q.db.NewRaw("SELECT bucket, COUNT(DISTINCT user_uuid) AS users FROM ("+q.bucketed("user_uuid", movers)+
		") AS users GROUP BY bucket", args...).Scan(ctx, &rows)
	for _, row := range rows {
		out.Series[row.Bucket].ActiveUsers = row.Users
	}
	return err
}

func (q *statsQuery) first() int64 { return ceilMicro(q.edges[0]) }
func (q *statsQuery) last() int64  { return ceilMicro(q.edges[len(q.edges)-1]) }

// user adds the account to a condition.
func (q *statsQuery) user(args ...any) (string, []any) {
	if q.p.UserUUID == "" {
		return "", args
	}
	return " AND user_uuid = ?", append(args, q.p.UserUUID)
}

// sumColumns are the columns that sums need.
const sumColumns = "user_uuid, trans_type, credits, class"

// moved selects the entries and legacy rows in the time range that moved credits.
func (q *statsQuery) moved() (string, []any) {
	of := "user_uuid, " + exactType(q.caps, "trans_type") + " AS trans_type, credits, "
	return q.between(of+classOf(q.caps)+" AS class", of+legacyClass()+" AS class", sumColumns)
}

// movers selects only the accounts of those: Vitess fails to find unused columns when it counts users
// over shards.
func (q *statsQuery) movers() (string, []any) {
	return q.between("user_uuid", "user_uuid", "user_uuid")
}

// between selects columns of the entries and legacy rows in the time range, and their times as us.
// names are the columns that both have.
func (q *statsQuery) between(entries, legacy, names string) (string, []any) {
	user, args := q.user(q.first(), q.last())
	legacyUser, legacyArgs := q.user()
	query := "SELECT " + entries + ", at_us AS us FROM credits_trans WHERE at_us >= ? AND at_us < ?" + user + " AND credits <> 0"
	query += " UNION ALL " + archived.Entries.Of(query)
	args = append(args, args...)
	query += " UNION ALL SELECT " + names + ", us FROM (SELECT " + legacy + ", " + createdUs(q.caps) +
		" AS us FROM credits_trans WHERE seq IS NULL AND credits <> 0" + legacyUser + ") AS legacy WHERE us >= ? AND us < ?"
	args = append(args, legacyArgs...)
	return query, append(args, q.first(), q.last())
}

// lost selects what expired in the time range. An entry is lost once it is written and its grant has
// expired, whichever comes last.
func (q *statsQuery) lost() (string, []any) {
	latest := "GREATEST(at_us, expires_us)"
	if q.caps.Engine == dialect.SQLite {
		latest = "MAX(at_us, expires_us)"
	}
	// What expires at exactly this moment has expired.
	end := min(q.last(), q.at+1)
	user, args := q.user(end, end, q.first())
	query := fmt.Sprintf("SELECT user_uuid, '' AS trans_type, credits, %d AS class, %s AS us FROM credits_trans "+
		"WHERE at_us < ? AND expires_us < ? AND %s >= ?", classExpired, latest, latest) + user
	return query + " UNION ALL " + archived.Entries.Of(query), append(args, args...)
}

// bucketed numbers the buckets of a selection's rows.
func (q *statsQuery) bucketed(columns, inner string) string {
	var b strings.Builder
	b.WriteString("SELECT " + columns + ", ")
	q.search(&b, 0, len(q.edges)-1)
	b.WriteString(" AS bucket FROM (" + inner + ") AS entries")
	return b.String()
}

// search writes a binary search for the bucket between edges lo and hi. The edges are computed here,
// so they do not depend on any engine's calendar.
func (q *statsQuery) search(b *strings.Builder, lo, hi int) {
	if hi-lo == 1 {
		fmt.Fprint(b, lo)
		return
	}
	mid := (lo + hi) / 2
	fmt.Fprintf(b, "CASE WHEN us < %d THEN ", ceilMicro(q.edges[mid]))
	q.search(b, lo, mid)
	b.WriteString(" ELSE ")
	q.search(b, mid, hi)
	b.WriteString(" END")
}

// result adds up the database's sums.
func (q *statsQuery) result(rows []statsRow) *StatsResult {
	out := &StatsResult{StatsBucket: q.bucket(0, len(q.edges)-1)}
	if q.p.Period != PeriodNone {
		out.Series = make([]StatsBucket, len(q.edges)-1)
		for i := range out.Series {
			out.Series[i] = q.bucket(i, i+1)
		}
	}
	for _, row := range rows {
		out.add(row)
		if out.Series != nil {
			out.Series[row.Bucket].add(row)
		}
	}
	out.sort()
	for i := range out.Series {
		out.Series[i].sort()
	}
	return out
}

func (q *statsQuery) bucket(i, j int) StatsBucket {
	return StatsBucket{From: q.edges[i], To: q.edges[j]}
}

func (s *StatsBucket) add(row statsRow) {
	if row.Class == classExpired {
		s.Expired += int64(row.Positive - row.Negative)
		return
	}
	s.StatsSums.add(row)
	i := slices.IndexFunc(s.ByType, func(t TypeStats) bool { return t.Type == row.TransType })
	if i < 0 {
		i = len(s.ByType)
		s.ByType = append(s.ByType, TypeStats{Type: row.TransType})
	}
	s.ByType[i].add(row)
	s.ByType[i].Entries += row.Entries
}

// sort orders the types, because engines collate differently.
func (s *StatsBucket) sort() {
	slices.SortFunc(s.ByType, func(x, y TypeStats) int { return strings.Compare(x.Type, y.Type) })
}

func (s *StatsSums) add(row statsRow) {
	s.Positive += int64(row.Positive)
	s.Negative += int64(row.Negative)
	net := int64(row.Positive - row.Negative)
	s.Net += net
	switch row.Class {
	case classGranted:
		s.Granted += net
	case classConsumed:
		s.Consumed -= net
	case classRefunded:
		s.Refunded += net
	case classTakenBack:
		s.TakenBack -= net
	}
}
