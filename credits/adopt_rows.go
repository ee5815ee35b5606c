package credits

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/internal/jsdate"
)

// foreignRow is a row of credits_trans that another program wrote and that is not
// part of the ledger yet: its seq is NULL.
type foreignRow struct {
	ID        int64
	UserUUID  string
	TransType string
	Credits   int64
	ExpiredAt string `bun:",nullzero"`
	OrderNo   string `bun:",nullzero"`
	GenID     string `bun:",nullzero"`
	Metadata  string `bun:",nullzero"`
	// Us is created_at, nil if it is NULL or cannot be parsed.
	Us *int64
}

// expires returns expired_at as JavaScript parses it; an invalid date means never.
func (r *foreignRow) expires() int64 {
	at, ok := jsdate.Parse(r.ExpiredAt)
	if !ok || at.UTC().Year() > lastYear {
		return column.Never
	}
	return max(at.UnixMicro(), 1)
}

// foreignRows reads the accounts' foreign rows, in the order of their ids.
func (b *book) foreignRows(ctx context.Context, users []string) (map[string][]foreignRow, error) {
	rows, err := b.selectForeign(ctx, "user_uuid IN (?) AND seq IS NULL ORDER BY id", bun.List(users))
	if err == nil && b.snapshot {
		rows, err = b.lockForeign(ctx, users, rows)
	}
	if err != nil {
		return nil, err
	}
	byUser := map[string][]foreignRow{}
	for _, row := range rows { // exactly: an adopted column may treat two spellings as equal
		if _, ok := slices.BinarySearch(users, row.UserUUID); ok {
			byUser[row.UserUUID] = append(byUser[row.UserUUID], row)
		}
	}
	return byUser, nil
}

func (b *book) selectForeign(ctx context.Context, rest string, args ...any) ([]foreignRow, error) {
	from, lock := "credits_trans", ""
	if before, ok := strings.CutSuffix(rest, " FOR UPDATE"); ok {
		from, rest, lock = "credits_trans FORCE INDEX (PRIMARY)", before, " FOR UPDATE"
	}
	var rows []foreignRow
	err := b.db.NewRaw("SELECT id, user_uuid, trans_type, credits, expired_at, order_no, gen_id, metadata, "+
		createdUs(b.caps)+" AS us FROM "+from+" WHERE "+rest+lock, args...).Scan(ctx, &rows)
	return rows, err
}

// lockForeign reads the rows again by their keys: an old snapshot may show a row as foreign
// that has been taken over since.
func (b *book) lockForeign(ctx context.Context, users []string, seen []foreignRow) ([]foreignRow, error) {
	var rows []foreignRow
	for chunk := range slices.Chunk(seen, store.MaxRows) {
		ids := make([]int64, len(chunk))
		for i, row := range chunk {
			ids[i] = row.ID
		}
		now, err := b.selectForeign(ctx, "id IN (?) AND user_uuid IN (?) AND seq IS NULL ORDER BY id FOR UPDATE",
			bun.List(ids), bun.List(users))
		if err != nil {
			return nil, err
		}
		rows = append(rows, now...)
	}
	return rows, nil
}

// writeTaken fills in the ledger's columns of foreign rows, which become entries in place.
// The columns that their writer reads stay unchanged.
func (b *book) writeTaken(ctx context.Context, entries []*Entry) error {
	for chunk := range slices.Chunk(entries, maxChanges) {
		if err := b.updateTaken(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) updateTaken(ctx context.Context, entries []*Entry) error {
	table := "credits_trans"
	if b.caps.IsMySQL() { // see lockRowsMySQL
		table += " FORCE INDEX (PRIMARY)"
	}
	q := b.db.NewUpdate().TableExpr(table)
	for _, c := range takenColumns() {
		var args []any
		for _, e := range entries {
			if v := c.value(e); v != nil {
				args = append(args, e.ID, v)
			}
		}
		if len(args) > 0 { // if none has a value, the column stays NULL
			q = q.Set(c.name+" = CASE id"+strings.Repeat(" WHEN ? THEN ?", len(args)/2)+" END", args...)
		}
	}
	ids := make([]int64, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	result, err := q.Where("user_uuid = ?", entries[0].UserUUID).Where("seq IS NULL").
		Where("id IN (?)", bun.List(ids)).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(len(entries)) {
		return errBroken(entries[0].UserUUID, "rows of another program went away while they were taken over")
	}
	return nil
}

// takenColumn is a column of the ledger's own. A nil value is NULL.
type takenColumn struct {
	name  string
	value func(*Entry) any
}

func takenColumns() []takenColumn {
	number := func(n int64) any {
		if n == 0 {
			return nil
		}
		return n
	}
	return []takenColumn{
		{"seq", func(e *Entry) any { return e.Seq }},
		{"op_seq", func(e *Entry) any { return e.OpSeq }},
		{"op_key", func(e *Entry) any { return orNull(e.OpKey) }},
		{"op_kind", func(e *Entry) any { return orNull(string(e.OpKind)) }},
		{"op_hash", func(e *Entry) any { return orNull(e.OpHash) }},
		{"op_data", func(e *Entry) any { return orNull(e.OpData) }},
		{"lot", func(e *Entry) any { return e.Lot }},
		{"balance", func(e *Entry) any { return e.Balance }},
		{"available", func(e *Entry) any { return e.Available }},
		{"at_us", func(e *Entry) any { return e.AtUs }},
		{"expires_us", func(e *Entry) any { return e.ExpiresUs }},
		{"order_no", func(e *Entry) any { return orNull(e.OrderNo) }},
		{"gen_id", func(e *Entry) any { return orNull(e.GenID) }},
		{"metadata", func(e *Entry) any { return orNull(e.Metadata) }},
		{"hash", func(e *Entry) any { return orNull(e.Hash) }},
		{"call_id", func(e *Entry) any { return number(e.CallID) }},
	}
}
