package credits

import (
	"context"
	"strings"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// SQLite parses and plans every new text, and has no network to save: rows are written one by
// one, with prepared statements.

// insertEntriesSQLite inserts entries one by one.
func (b *book) insertEntriesSQLite(ctx context.Context, entries []*Entry) error {
	tx, _ := dialect.TxOf(b.db) // a book always has one
	for _, e := range entries {
		if _, err := rows.InsertSQLite(ctx, tx, tx.Tx, e); err != nil {
			return err
		}
	}
	return nil
}

// updateAccountsSQLite updates accounts one by one.
func (b *book) updateAccountsSQLite(ctx context.Context, accounts []*account) error {
	tx, _ := dialect.TxOf(b.db)
	columns := accountColumns(accounts)
	sets := make([]string, len(columns))
	for i, c := range columns {
		sets[i] = c.name + " = ?"
		if c.delta {
			sets[i] = c.name + " = " + c.name + " + ?"
		}
	}
	text := "UPDATE credits SET " + strings.Join(sets, ", ") + ", updated_at = ? WHERE id = ? AND user_uuid = ? RETURNING seq"
	for _, a := range accounts {
		args := make([]any, 0, len(columns)+3)
		for _, c := range columns {
			args = append(args, c.value(a))
		}
		var seq int64
		args = append(args, rows.SQLiteTime(tx, column.Time(a.AsOfUs)), a.ID, a.UserUUID)
		if err := rows.Prepared(tx, text, args...).Scan(ctx, &seq); err != nil {
			return err
		}
	}
	return nil
}
