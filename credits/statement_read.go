package credits

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/list"
)

// beginning is before every time; rows without a time have none.
const beginning = math.MinInt64

// statementReader reads one page: two streams, the ledger's operations and the
// legacy rows, merged by time.
type statementReader struct {
	db    bun.IDB
	caps  dialect.Capabilities
	p     StatementParams
	limit int
	// from and to limit the time: from <= time < to.
	from, to int64
	// after is where the previous page ended, nil on the first.
	after *place
	// since is the seq that was next when the statement began if the account had rows
	// outside the ledger, otherwise 0. Rows that were taken over since then remain what they
	// were in this statement: in their place, and without a running balance.
	since int64
	// alone means that the account has no rows outside the ledger.
	alone bool
}

// positioned is a line with its place in the statement.
type positioned struct {
	place
	line StatementLine
}

func (r *statementReader) read(ctx context.Context) (*list.Page[StatementLine], error) {
	if found, err := r.run(ctx); found != nil || err != nil {
		return found, err
	}
	// One additional line shows whether there is a next page.
	heads, legacy, err := r.streams(ctx, r.limit+1)
	if err != nil {
		return nil, err
	}
	merged := r.merge(heads, legacy)
	next := ""
	if len(merged) > r.limit {
		merged = merged[:r.limit]
		last := merged[r.limit-1].place
		last.since = r.since
		next = last.cursor(r.p.scope())
	}
	lines, err := r.lines(ctx, heads, merged)
	if err != nil {
		return nil, err
	}
	return page.Of(lines, next), nil
}

// streams reads the rows of a page.
func (r *statementReader) streams(ctx context.Context, limit int) ([]head, []legacyRow, error) {
	heads, err := r.heads(ctx, limit)
	if err == nil && r.since == 0 && !r.alone {
		heads, err = r.nothingTold(ctx, limit)
	}
	if err != nil || r.alone {
		return heads, nil, err
	}
	legacy, err := r.legacy(ctx, limit)
	return heads, legacy, err
}

// began records what the first of a page's reads saw: whether there are rows outside the ledger,
// and its last seq. Rows that are taken over before the next read are nevertheless legacy rows of
// the page.
func (r *statementReader) began(others bool, ended int64) {
	switch {
	case r.since > 0 || r.alone:
	case others:
		r.since = ended + 1
	default:
		r.alone = true
	}
}

// nothingTold is where no operation was there to tell. Without filters the ledger had
// none; else the account is asked, and operations until there are read again.
func (r *statementReader) nothingTold(ctx context.Context, limit int) ([]head, error) {
	if r.after == nil && len(r.p.Types) == 0 {
		r.since = 1
		return nil, nil
	}
	var told struct {
		Others bool
		Ended  int64
	}
	err := r.db.NewRaw("SELECT EXISTS ("+hasLegacy+") AS others, "+ledgerEnded+" AS ended", r.p.UserUUID, r.p.UserUUID).Scan(ctx, &told)
	if err != nil {
		return nil, err
	}
	r.began(told.Others, told.Ended)
	if told.Ended == 0 {
		return nil, nil
	}
	return r.heads(ctx, limit)
}

// head is an operation's first entry. Follows is the OpSeq of the next entry, which is the same if
// the operation has more entries. Others means that the account has legacy rows, and Ended is the
// last seq of the ledger.
type head struct {
	Entry   `bun:",extend"`
	Follows int64
	Others  bool
	Ended   int64
}

func (h *head) place() place { return place{kind: placeLedger, at: h.AtUs, id: h.Seq} }

// headsOf reads heads, and takes the user twice. The next entry is looked up by its exact number,
// because MySQL would read a range that depends on the row from the account's start. An operation
// is never split between the tables, so the next entry of the same operation is in the same one.
func headsOf(db bun.IDB, columns string) string {
	if dialect.Of(db).IsTiDB() {
		return headsOfTiDB(columns)
	}
	return "SELECT " + columns + ", COALESCE((SELECT n.op_seq FROM credits_trans AS n " +
		"WHERE n.user_uuid = ? AND n.seq = t.seq + 1), 0) AS follows " +
		"FROM credits_trans AS t WHERE t.user_uuid = ? AND "
}

// lineColumns are the columns that a line needs.
const lineColumns = "t.seq, t.op_seq, t.op_key, t.op_kind, t.trans_type, t.credits, t.held, t.balance, t.available, " +
	"t.lot, t.at_us, t.expires_us, t.expired_at, t.order_no, t.gen_id, t.metadata"

// heads reads the next operations of the ledger, ordered by seq. That is also their order in time,
// because an account's time never runs backwards.
func (r *statementReader) heads(ctx context.Context, limit int) ([]head, error) {
	first, last, err := r.span(ctx)
	if err != nil || first > last {
		return nil, err
	}
	query := headsOf(r.db, lineColumns) + "t.op_kind IS NOT NULL AND t.seq >= ? AND t.seq <= ?"
	args := []any{r.p.UserUUID, r.p.UserUUID, first, last}
	if r.since > 0 {
		query += " AND (t.seq < ? OR COALESCE(t.op_hash, '') <> ? OR t.op_key LIKE ?)"
		args = append(args, r.since, adoptedHash, correctionKeys)
	}
	if len(r.p.Types) > 0 {
		query += " AND " + exactType(r.caps, "t.trans_type") + " IN (?" + strings.Repeat(", ?", len(r.p.Types)-1) + ")"
		for _, name := range r.p.Types {
			args = append(args, name)
		}
	}
	if r.p.WithoutHolds {
		query += " AND t.op_kind NOT IN (?, ?, ?, ?)"
		args = append(args, KindHold, KindExtend, KindRelease, KindTimeout)
	}
	order := "seq " + r.direction()
	var heads []head
	//nolint:unqueryvet // the inner SELECT names the columns
	err = rows.Read(r.db, "SELECT heads.*, EXISTS ("+hasLegacy+") AS others, "+ledgerEnded+" AS ended FROM ("+
		archived.Entries.OrderedText(order, limit, query)+") AS heads ORDER BY "+order,
		slices.Concat([]any{r.p.UserUUID, r.p.UserUUID}, args, args)...).Scan(ctx, &heads)
	if len(heads) > 0 {
		r.began(heads[0].Others, heads[0].Ended)
	}
	return heads, err
}

func (r *statementReader) direction() string {
	if r.p.OldestFirst {
		return "ASC"
	}
	return "DESC"
}

// exactType makes a type compare byte for byte: an adopted column may ignore
// case and accents, and even MySQL's binary collations ignore spaces at the end.
func exactType(caps dialect.Capabilities, column string) string {
	switch {
	case caps.IsMySQL():
		return "CAST(CONVERT(" + column + " USING utf8mb4) AS BINARY)"
	case caps.Engine == dialect.SQLite:
		return column + " COLLATE BINARY"
	}
	return column
}

// span returns the range of the rest of the statement in the ledger: the first and the last seq that
// may be in it.
func (r *statementReader) span(ctx context.Context) (int64, int64, error) {
	first, last := int64(1), int64(math.MaxInt64)
	from, to := r.from, r.to
	switch {
	case r.after == nil:
	case r.after.kind == placeUndated:
		r.since = cmp.Or(r.since, math.MaxInt64)
		return 1, 0, nil
	case r.after.kind == placeLegacy && r.p.OldestFirst:
		from = max(from, r.after.at)
	case r.after.kind == placeLegacy:
		to = min(to, r.after.at)
	case r.p.OldestFirst:
		first = r.after.id + 1
	default:
		last = r.after.id - 1
	}
	low, high, err := r.seqsWithin(ctx, from, to)
	return max(first, low), min(last, high), err
}

// seqsWithin turns times into seqs. The index by time finds the edge, and only the entries of that
// microsecond are searched for the seq.
func (r *statementReader) seqsWithin(ctx context.Context, from, to int64) (int64, int64, error) {
	if from == beginning && to == column.Never {
		return 1, math.MaxInt64, nil
	}
	var edges struct {
		Low, High, Ended int64
		Others           bool
	}
	err := r.db.NewRaw("SELECT ? AS low, ? AS high, EXISTS ("+hasLegacy+") AS others, "+ledgerEnded+" AS ended",
		r.edge("MIN", ">=", from, math.MaxInt64), r.edge("MAX", "<", to, 0), r.p.UserUUID, r.p.UserUUID).Scan(ctx, &edges)
	if err == nil {
		r.began(edges.Others, edges.Ended)
	}
	return edges.Low, edges.High, err
}

// edge returns the first or the last seq of the earliest or latest time within a bound, if there is
// one. Each table is queried separately, because MariaDB would read all rows of a UNION.
func (r *statementReader) edge(of, than string, bound, none int64) schema.QueryWithArgs {
	pick := of // SQLite's name for it, with several values
	switch {
	case r.caps.Engine == dialect.SQLite:
	case of == "MIN":
		pick = "LEAST"
	default:
		pick = "GREATEST"
	}
	first := func(column, where string, value any) schema.QueryWithArgs {
		half := "COALESCE((SELECT " + of + "(" + column + ") FROM credits_trans WHERE user_uuid = ? AND " + where + "), ?)"
		args := []any{r.p.UserUUID, value, none}
		return bun.SafeQuery(pick+"("+half+", "+archived.Entries.Of(half)+")", append(args, args...)...)
	}
	return first("seq", "at_us = ?", first("at_us", "at_us "+than+" ?", bound))
}
