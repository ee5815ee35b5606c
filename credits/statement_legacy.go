package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
)

// legacyRow is a row of credits_trans that another program wrote.
type legacyRow struct {
	ID        int64
	TransType string
	Credits   int64
	ExpiredAt string `bun:",nullzero"`
	OrderNo   string `bun:",nullzero"`
	GenID     string `bun:",nullzero"`
	Metadata  string `bun:",nullzero"`
	// Us is created_at, nil if it is NULL or cannot be parsed.
	Us *int64
}

func (l *legacyRow) place() place {
	if l.Us == nil {
		return place{kind: placeUndated, id: l.ID}
	}
	return place{kind: placeLegacy, at: *l.Us, id: l.ID}
}

func (l *legacyRow) line() StatementLine {
	line := StatementLine{
		Type: l.TransType, Amount: l.Credits, Credits: l.Credits,
		OrderNo: l.OrderNo, GenID: l.GenID, Metadata: l.Metadata, Legacy: true,
		Allocations: []Allocation{{
			Type: l.TransType, Credits: l.Credits,
			ExpiresAt: parseExpiredAt(l.ExpiredAt), ExpiredAt: l.ExpiredAt,
		}},
	}
	if l.Us != nil {
		line.At = column.Time(*l.Us)
	}
	return line
}

// parseExpiredAt parses another program's expired_at: the form of JavaScript's toISOString, with or
// without a fraction. Anything else is zero.
func parseExpiredAt(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// createdUs returns created_at in microseconds, NULL if it is not a finite time. The database
// computes it, because an adopted column may contain what does not scan into a time.Time: zero
// dates, infinity, SQLite's untyped texts.
func createdUs(caps dialect.Capabilities) string {
	switch {
	case caps.IsMySQL():
		return "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', created_at)"
	case caps.Engine == dialect.SQLite:
		return sqliteCreatedUs
	}
	return "CASE WHEN isfinite(created_at) THEN CAST(EXTRACT(EPOCH FROM created_at) * 1000000 AS bigint) END"
}

// sqliteCreatedUs reads seconds and zone without the fraction, and the fraction
// from the text: SQLite's own times have milliseconds.
const sqliteCreatedUs = "unixepoch(substr(created_at, 1, 19) || ltrim(substr(created_at, 20), '.0123456789'))" +
	" * 1000000 + CASE WHEN substr(created_at, 20, 1) = '.'" +
	" THEN CAST(ROUND(CAST('0' || substr(created_at, 20) AS REAL) * 1000000) AS INTEGER) ELSE 0 END"

// legacyRows returns an account's rows that were outside the ledger when the statement began. The
// index by seq finds them: theirs is NULL, or at least since if they have been taken over, and
// perhaps archived, in the meantime. Either way they are as their writer left them.
func (r *statementReader) legacyRows() schema.QueryWithArgs {
	from := "SELECT id, trans_type, credits, expired_at, order_no, gen_id, metadata, " + createdUs(r.caps) + " AS us " +
		"FROM credits_trans WHERE user_uuid = ? AND "
	return bun.SafeQuery("(? UNION ALL ?) AS legacy", bun.SafeQuery(from+"seq IS NULL", r.p.UserUUID),
		archived.Entries.Both(from+"seq >= ? AND op_hash = ? AND op_kind IS NOT NULL AND op_key NOT LIKE ?",
			r.p.UserUUID, r.since, adoptedHash, correctionKeys))
}

// hasLegacy finds one that is outside the ledger now. Most accounts have none, which saves a read.
// ledgerEnded is the last seq of the account's entries.
const (
	hasLegacy   = "SELECT 1 FROM credits_trans AS f WHERE f.user_uuid = ? AND f.seq IS NULL"
	ledgerEnded = "COALESCE((SELECT a.seq FROM credits AS a WHERE a.user_uuid = ?), 0)"
)

// legacy reads the next legacy rows.
func (r *statementReader) legacy(ctx context.Context, limit int) ([]legacyRow, error) {
	query := "SELECT id, trans_type, credits, expired_at, order_no, gen_id, metadata, us FROM ? WHERE 1 = 1"
	args := []any{r.legacyRows()}
	add := func(condition string, more ...any) {
		query += " AND " + condition
		args = append(args, more...)
	}
	if r.from != beginning {
		add("us >= ?", r.from)
	}
	if r.to != column.Never {
		add("us < ?", r.to)
	}
	if len(r.p.Types) > 0 {
		add(exactType(r.caps, "trans_type")+" IN (?)", bun.List(r.p.Types))
	}
	if r.after != nil {
		condition, more := r.legacyAfter()
		add(condition, more...)
	}
	dir := r.direction()
	var rows []legacyRow
	err := r.db.NewRaw(query+" ORDER BY CASE WHEN us IS NULL THEN 1 ELSE 0 END, us "+dir+", id "+dir+" LIMIT ?",
		append(args, limit)...).Scan(ctx, &rows)
	return rows, err
}

// legacyAfter returns the condition for the legacy rows after the previous page.
func (r *statementReader) legacyAfter() (string, []any) {
	than := "<"
	if r.p.OldestFirst {
		than = ">"
	}
	at, id := r.after.at, r.after.id
	switch {
	case r.after.kind == placeUndated:
		return "(us IS NULL AND id " + than + " ?)", []any{id}
	case r.after.kind == placeLegacy:
		return "(us " + than + " ? OR (us = ? AND id " + than + " ?) OR us IS NULL)", []any{at, at, id}
	case r.p.OldestFirst:
		return "(us > ? OR us IS NULL)", []any{at}
	default:
		// At the same time a legacy row is the older one.
		return "(us <= ? OR us IS NULL)", []any{at}
	}
}
