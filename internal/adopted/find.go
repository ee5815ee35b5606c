package adopted

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/moment"
)

// Query says what is looked for.
type Query struct {
	UserUUID string
	// Type is the entry's, and Amount its credits; 0 means any above zero.
	Type   string
	Amount int64
	// Column is that of the ledger which may name the row, and Number the row's.
	Column, Number string
	// Near are the times at which it may have been written: it was within Window of
	// one. Rivals are those of other rows that may have an entry like it.
	Near, Rivals []time.Time
	Window       time.Duration
	// Margin is how much nearer than the next one an entry has to be.
	Margin time.Duration
	// Taken are the keys of entries that belong to other rows.
	Taken []string
}

// maxEntries bounds the entries that are looked at.
const maxEntries = 1000

// Find returns the key of the entry that names the row, or else of the one that is
// nearest; empty for none. Where several fit, theirs are returned, and none.
func Find(ctx context.Context, db bun.IDB, q Query) (key string, fits []string, err error) {
	var rows []struct {
		ID        int64
		OpKey     string    `bun:",nullzero"`
		CreatedAt time.Time `bun:",nullzero"`
		AtUs      int64     `bun:",nullzero"`
		Number    string    `bun:",nullzero"`
	}
	column := bun.Ident(q.Column)
	find := db.NewSelect().TableExpr("(?) AS entries", archived.Entries.Both("SELECT id, user_uuid, trans_type, credits, seq, op_key, "+
		"op_hash, created_at, at_us, order_no, gen_id FROM credits_trans WHERE user_uuid = ?", q.UserUUID)).
		Column("id", "op_key", "created_at", "at_us").
		ColumnExpr("? AS number", column).
		Where("user_uuid = ?", q.UserUUID).Where("trans_type = ?", q.Type).
		Where("(seq IS NULL OR op_hash = ? AND op_key IS NOT NULL)", ledgerkey.Adopted).
		OrderExpr("id").Limit(maxEntries)
	if q.Amount != 0 {
		find = find.Where("credits = ?", q.Amount)
	} else {
		find = find.Where("credits > 0")
	}
	find = find.WhereGroup(" AND ", func(g *bun.SelectQuery) *bun.SelectQuery {
		g = g.Where("? = ?", column, q.Number)
		for _, at := range q.Near {
			g = g.WhereOr("? IS NULL AND "+moment.Column(dialect.Of(db), "created_at")+" BETWEEN ? AND ?", column, at.Add(-q.Window), at.Add(q.Window))
		}
		return g
	})
	if err := find.Scan(ctx, &rows); err != nil {
		return "", nil, dialect.Classify(err)
	}
	var entries []Entry
	for _, row := range rows {
		e := Entry{Key: row.OpKey, At: row.CreatedAt}
		if e.Key == "" {
			e.Key = ledgerkey.Of("chameleon", "row:"+strconv.FormatInt(row.ID, 10))
		}
		if slices.Contains(q.Taken, e.Key) {
			continue
		}
		if row.Number == q.Number {
			return e.Key, nil, nil
		}
		if row.CreatedAt.IsZero() {
			e.At = time.UnixMicro(row.AtUs)
		}
		entries = append(entries, e)
	}
	entry, others := pick(entries, q.Near, q.Rivals, q.Margin)
	for _, other := range others {
		fits = append(fits, other.Key)
	}
	if entry != nil {
		key = entry.Key
	}
	return key, fits, nil
}
