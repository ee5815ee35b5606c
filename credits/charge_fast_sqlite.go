package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/rows"
)

// SQLite has no network to save, but parses and plans every text that it has not
// seen. This way has three statements that are always the same. The transaction
// has the one write lock from its beginning, so that what was read stays true.

const (
	sqliteFits = `a.user_uuid = ? AND a.open_left >= ? AND a.next_event_us > MAX(a.as_of_us, ?)
	AND a.left_credits = a.balance - a.held_credits + a.debt_credits
	AND NOT EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = ? AND t.op_key = ?)
	AND (a.archived_seq = 0 OR NOT EXISTS (SELECT 1 FROM credits_trans_archive AS t WHERE t.user_uuid = ? AND t.op_key = ?))`

	sqliteUpdate = `UPDATE credits SET left_credits = left_credits - ?, balance = balance - ?, open_left = open_left - ?,
	seq = ?, as_of_us = ?, updated_at = ?, head_hash = ?, call_id = ? WHERE id = ? AND user_uuid = ? RETURNING seq`
)

// sqlite charges within tx, if the charge fits in the open lot, and adds the row
// that goes with it.
func (q *fastCharge) sqlite(ctx context.Context, tx bun.Tx) (bool, error) {
	if q.at-q.ahead > time.Now().UnixMicro() {
		return false, nil
	}
	var found []Account
	fits, args := sqliteFits, []any{q.user, q.amount, q.at, q.user, q.key, q.user, q.key}
	if q.beside != nil {
		fits, args = fits+q.beside.NamesCondition(), append(args, q.beside.NamesOf(q.user)...)
	}
	err := rows.Select[Account](tx, fits, args...).Scan(ctx, &found)
	if err != nil || len(found) != 1 {
		return false, err
	}
	q.spend(&found[0])
	if err := q.store(ctx, tx, &found[0]); err != nil {
		return false, err
	}
	return true, nil
}

// spend completes the entry by the account as it was read.
func (q *fastCharge) spend(a *Account) {
	e := &q.entry
	e.Seq, e.Lot, e.CallID = a.Seq+1, a.OpenLot, q.call
	e.Balance = a.Balance - q.amount
	e.Available = e.Balance - a.HeldCredits + a.DebtCredits
	e.AtUs, e.ExpiresUs = max(a.AsOfUs, q.at), a.OpenExpiresUs
	q.complete()
	e.Hash = e.ChainHash(a.HeadHash)
}

func (q *fastCharge) store(ctx context.Context, tx bun.Tx, a *Account) error {
	e := &q.entry
	var seq int64
	err := rows.Prepared(tx, sqliteUpdate, q.amount, q.amount, q.amount,
		e.Seq, e.AtUs, rows.SQLiteTime(tx, e.CreatedAt), e.Hash, q.call, a.ID, q.user).Scan(ctx, &seq)
	if err != nil {
		return err
	}
	if _, err = rows.InsertSQLite(ctx, tx, e); err != nil || q.beside == nil {
		return err
	}
	q.beside.ID, err = rows.InsertSQLite(ctx, tx, q.beside.Model())
	return err
}
