package credits

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// SQLite has no network to save, but it parses and plans every new text. So the charge is three
// statements that never change, with as few arguments and columns as possible, because each is
// copied. The transaction has the only write lock from its beginning, so what it reads stays
// true.

const (
	sqliteFind = `SELECT a.id, a.seq, a.open_lot, a.open_expires_us, a.as_of_us, a.balance - ?, a.debt_credits - a.held_credits,
	COALESCE(a.head_hash, '')
FROM credits AS a WHERE a.user_uuid = ? AND a.open_left >= ? AND a.next_event_us > MAX(a.as_of_us, ?)
	AND a.left_credits = a.balance - a.held_credits + a.debt_credits
	AND NOT EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = ? AND t.op_key = ?)
	AND (a.archived_seq = 0 OR NOT EXISTS (SELECT 1 FROM credits_trans_archive AS t WHERE t.user_uuid = ? AND t.op_key = ?))`

	sqliteUpdate = `UPDATE credits SET left_credits = left_credits - ?, balance = ?, open_left = open_left - ?,
	seq = ?, as_of_us = ?, updated_at = ?, head_hash = ?, call_id = ? WHERE id = ? AND user_uuid = ? RETURNING id`

	sqliteInsert = `INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at, seq, op_seq, op_key,
	op_kind, op_hash, lot, held, balance, available, at_us, expires_us, order_no, gen_id, metadata, metadata_salt, hash, call_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'charge', ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`
)

// onSQLite charges in the caller's transaction, or in one of its own.
func (q *fastCharge) onSQLite(ctx context.Context, db bun.IDB) (done bool, err error) {
	if pool, ok := db.(*bun.DB); ok {
		err = dialect.OnConn(ctx, pool, func(ctx context.Context, conn *sql.Conn) (err error) {
			done, err = q.sqlite(ctx, db, conn)
			return err
		})
	} else {
		err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) (err error) {
			done, err = q.sqlite(ctx, tx, tx.Tx)
			return err
		})
	}
	return done && err == nil, err
}

// sqlite charges within a transaction if the charge fits in the open lot, and adds the row
// beside it. on is db's connection or transaction.
func (q *fastCharge) sqlite(ctx context.Context, db bun.IDB, on rows.Conn) (bool, error) {
	if q.at-q.ahead > time.Now().UnixMicro() {
		return false, nil
	}
	text, args := sqliteFind, []any{q.amount, q.user, q.amount, q.at, q.user, q.key, q.user, q.key}
	if q.beside != nil {
		text, args = text+q.beside.NamesCondition(), append(args, q.beside.NamesOf(q.user)...)
	}
	e := &q.entry
	var id int64
	var previous string
	found, err := rows.One(ctx, db, on, text, args, []any{
		&id, &e.Seq, &e.Lot, &e.ExpiresUs, &e.AtUs, &e.Balance, &e.Available, &previous,
	})
	if !found || err != nil {
		return false, err
	}
	q.spend(previous)
	if err := q.store(ctx, db, on, id); err != nil {
		return false, err
	}
	return true, nil
}

// spend completes the entry from the account as it was read.
func (q *fastCharge) spend(previous string) {
	e := &q.entry
	e.Seq++
	e.CallID, e.AtUs = q.call, max(e.AtUs, q.at)
	e.Available += e.Balance
	q.complete()
	e.Hash = e.ChainHash(previous)
}

// store writes the account, the entry and the row beside it.
func (q *fastCharge) store(ctx context.Context, db bun.IDB, on rows.Conn, id int64) error {
	e := &q.entry
	at := rows.SQLiteTime(db, e.CreatedAt)
	err := wrote(ctx, db, on, sqliteUpdate, q.amount, e.Balance, q.amount, e.Seq, e.AtUs, at, e.Hash, q.call, id, q.user)
	if err != nil {
		return err
	}
	err = wrote(ctx, db, on, sqliteInsert, q.user, e.TransType, e.Credits, orNull(e.ExpiredAt), at, e.Seq, e.Seq, q.key, e.OpHash,
		e.Lot, e.Balance, e.Available, e.AtUs, e.ExpiresUs, orNull(q.orderNo), orNull(q.genID), orNull(q.meta), orNull(q.salt),
		e.Hash, q.call)
	if err != nil || q.beside == nil {
		return err
	}
	q.beside.ID, err = rows.InsertSQLite(ctx, db, on, q.beside.Model())
	return err
}

// wrote runs a statement that returns the id of the row that it writes.
func wrote(ctx context.Context, db bun.IDB, on rows.Conn, text string, args ...any) error {
	var id int64
	found, err := rows.One(ctx, db, on, text, args, []any{&id})
	if err == nil && !found {
		return fmt.Errorf("charge: %w", sql.ErrNoRows)
	}
	return err
}
