package credits

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/chain"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/erase"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// redactBatch is how many entries one statement redacts.
const redactBatch = 100

// RedactParams name the account whose metadata is to be erased.
type RedactParams struct {
	UserUUID string
}

// RedactResult says what was erased.
type RedactResult struct {
	// Entries is how many entries had metadata.
	Entries int64 `json:"entries"`
}

// Redact erases the metadata of all of an account's entries, for a user who
// asks to be forgotten. Metadata is the only part of history that can change: a
// hash of the text replaces the text ("redacted:sha256:…"), and because the
// hash chain covers that hash, audit.Verify finds no breach. Amounts and keys
// stay, so a repeated call is still a replay, without its metadata. Its
// metadata can no longer be compared with the original's and is ignored.
//
// The hash covers the text and a random salt, and the salt is erased too. What
// remains, here, in other hashes and in exported heads, reveals nothing about
// the text, not even to someone who guesses it. Copies made earlier are another
// matter: backups, lagging replicas, server logs and pages not yet overwritten
// are yours to expire.
//
// Columns that another program added to the table are erased too if their names
// indicate personal data; chameleon.DeleteUser lists the names.
//
// Keys, order numbers and generation IDs stay. They should not hold personal
// data, and metadata should hold no more of it than it needs.
//
// Calling it again erases what was written since. An account without entries is
// no error.
//
// Errors: *InvalidError; *dialect.Error.
func Redact(ctx context.Context, db bun.IDB, p RedactParams) (*RedactResult, error) {
	if err := checkAccount("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	var result *RedactResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		result = &RedactResult{}
		if err := lockAccountRow(ctx, tx, p.UserUUID); err != nil {
			return err
		}
		for table, model := range historyTables() {
			if err := result.redact(ctx, tx, table, p.UserUUID); err != nil {
				return err
			}
			if _, err := erase.Columns(ctx, tx, model, "user_uuid = ?", p.UserUUID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// historyTables are the tables of entries, with their models.
func historyTables() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		_ = yield(string(archived.Entries), (*Entry)(nil)) && yield(archived.Entries.Archive(), (*ArchivedEntry)(nil))
	}
}

// redact redacts all entries of an account in a table that have metadata.
func (r *RedactResult) redact(ctx context.Context, tx bun.Tx, table, user string) error {
	for after := int64(0); ; {
		entries, err := unredacted(ctx, tx, table, user, after)
		if err != nil || len(entries) == 0 {
			return err
		}
		if err := redact(ctx, tx, table, user, entries); err != nil {
			return err
		}
		r.Entries += int64(len(entries))
		after = entries[len(entries)-1].Seq
	}
}

// lockAccountRow blocks other operations on the account until the transaction ends.
func lockAccountRow(ctx context.Context, tx bun.Tx, user string) error {
	err := rows.Lock(ctx, tx, new(Account), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("user_uuid = ?", user)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// unredacted reads some of the entries with metadata. Rows of other programs have none, because
// the column is the ledger's own.
func unredacted(ctx context.Context, tx bun.Tx, table, user string, after int64) ([]Entry, error) {
	var entries []Entry
	err := tx.NewSelect().Model(&entries).ModelTableExpr("? AS t", bun.Ident(table)).Column("id", "seq", "metadata", "metadata_salt").
		Where("user_uuid = ?", user).Where("seq > ?", after).
		Where("metadata IS NOT NULL").Where("metadata NOT LIKE ?", chain.RedactedPrefix+"%").
		OrderExpr("seq").Limit(redactBatch).Scan(ctx)
	return entries, err
}

// redact replaces the texts with their hashes and erases the salts.
func redact(ctx context.Context, tx bun.Tx, table, user string, entries []Entry) error {
	var b strings.Builder
	args := make([]any, 0, 3*len(entries)+2)
	seqs, ids := make([]int64, len(entries)), make([]int64, len(entries))
	mysql := dialect.Of(tx).IsMySQL()
	b.WriteString("UPDATE " + table + " ")
	if mysql { // see lockRowsMySQL
		b.WriteString("FORCE INDEX (PRIMARY) ")
	}
	b.WriteString("SET metadata = CASE seq")
	for i, e := range entries {
		b.WriteString(" WHEN ? THEN ?")
		args = append(args, e.Seq, chain.RedactedPrefix+chain.MetadataDigest(e.MetadataSalt, e.Metadata))
		seqs[i], ids[i] = e.Seq, e.ID
	}
	b.WriteString(" END, metadata_salt = NULL WHERE user_uuid = ? AND seq IN (?)")
	args = append(args, user, bun.List(seqs))
	if mysql {
		b.WriteString(" AND id IN (?)")
		args = append(args, bun.List(ids))
	}
	_, err := rows.Current(tx).ExecContext(ctx, b.String(), args...)
	return err
}
