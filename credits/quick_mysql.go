package credits

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// The charge as one packet of statements. MySQL has no statement that updates
// one table and inserts into another, so ROW_COUNT() carries the outcome from
// one to the next: no row updated, none inserted, none read.
//
// head_hash comes first because MySQL assigns from left to right: it is
// computed from the row as it was.
const (
	mysqlUpdate = `UPDATE credits SET
	head_hash = SHA2(CONCAT_WS('|', COALESCE(head_hash, ''), seq + 1, seq + 1, open_lot, ?, 0, balance - ?,
		balance - ? - held_credits + debt_credits, GREATEST(as_of_us, ?), open_expires_us, ?), 256),
	left_credits = left_credits - ?, balance = balance - ?, open_left = open_left - ?, seq = seq + 1,
	as_of_us = GREATEST(as_of_us, ?), updated_at = TIMESTAMPADD(MICROSECOND, as_of_us, '1970-01-01')
WHERE user_uuid = ? AND open_left >= ? AND next_event_us > GREATEST(as_of_us, ?);`

	mysqlInsert = `INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at, seq, op_seq,
	op_key, op_kind, op_hash, lot, held, balance, available, at_us, expires_us, order_no, gen_id, metadata, hash)
SELECT user_uuid, ?, ?, CASE WHEN open_expires_us < 9223372036854775807 THEN
		DATE_FORMAT(TIMESTAMPADD(MICROSECOND, open_expires_us, '1970-01-01'), '%Y-%m-%dT%H:%i:%s.%fZ') END,
	TIMESTAMPADD(MICROSECOND, as_of_us, '1970-01-01'), seq, seq, ?, 'charge', ?, open_lot, 0, balance,
	balance - held_credits + debt_credits, as_of_us, open_expires_us, ?, ?, ?, head_hash
FROM credits WHERE user_uuid = ? AND ROW_COUNT() = 1;`

	mysqlSelect = `SELECT seq, open_lot, balance, balance - held_credits + debt_credits, as_of_us, open_expires_us,
	head_hash FROM credits WHERE user_uuid = ? AND ROW_COUNT() = 1;`

	mysqlOwn = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;START TRANSACTION;" +
		mysqlUpdate + mysqlInsert + mysqlSelect + "COMMIT"

	mysqlSavepoint = "chameleon_charge"
	mysqlNested    = "SAVEPOINT " + mysqlSavepoint + ";" +
		mysqlUpdate + mysqlInsert + mysqlSelect + "RELEASE SAVEPOINT " + mysqlSavepoint
)

func (q *quickCharge) mysqlArgs() []any {
	return []any{
		-q.amount, q.amount, q.amount, q.at, digest(&q.entry),
		q.amount, q.amount, q.amount, q.at, q.user, q.amount, q.at,
		q.entry.TransType, -q.amount, q.key, q.hash, orNull(q.orderNo), orNull(q.genID), orNull(q.meta), q.user,
		q.user,
	}
}

// mysql runs the charge.
func (q *quickCharge) mysql(ctx context.Context, db bun.IDB) (bool, error) {
	switch db := db.(type) {
	case *bun.DB:
		return q.mysqlAlone(ctx, db)
	case bun.Tx:
		return q.mysqlNested(ctx, db)
	default:
		return false, nil
	}
}

// mysqlAlone holds one connection until the packet has ended. A packet that
// fails in the middle leaves its transaction open there.
func (q *quickCharge) mysqlAlone(ctx context.Context, db *bun.DB) (bool, error) {
	conn, err := db.DB.Conn(ctx)
	if err != nil {
		return false, nil
	}
	defer func() { _ = conn.Close() }()
	done, err := q.packet(ctx, conn, mysqlOwn)
	if err == nil {
		return done, nil
	}
	abandon(ctx, conn)
	if ctx.Err() != nil {
		return false, err
	}
	// Lost to the same key, or the connection is gone and the outcome not
	// known: the general way looks for the key first.
	return false, nil
}

// abandon rolls back what a failed packet left open, or gives the connection
// up.
func abandon(ctx context.Context, conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// mysqlNested takes part in the caller's transaction. What a failed packet did
// is undone to the savepoint, so that the caller can go on.
func (q *quickCharge) mysqlNested(ctx context.Context, tx bun.Tx) (bool, error) {
	done, err := q.packet(ctx, tx.Tx, mysqlNested)
	if err == nil {
		return done, nil
	}
	_, undo := tx.Tx.ExecContext(context.WithoutCancel(ctx), "ROLLBACK TO SAVEPOINT "+mysqlSavepoint)
	if undo == nil && errors.Is(dialect.Classify(err), dialect.ErrUnique) {
		return false, nil
	}
	return false, err
}

// packet sends the statements and reads the one row that comes back, none if
// nothing was charged.
func (q *quickCharge) packet(ctx context.Context, handle querier, text string) (done bool, err error) {
	rows, err := handle.QueryContext(ctx, text, q.mysqlArgs()...)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	for {
		for rows.Next() {
			if err := rows.Scan(q.written()...); err != nil {
				return false, err
			}
			q.complete()
			done = true
		}
		if !rows.NextResultSet() {
			break
		}
	}
	return done && rows.Err() == nil, rows.Err()
}
