package credits

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// postgresCharge is the whole charge as one statement. The condition is on the
// updated row alone: a statement that waited for its lock checks that row
// again as it is then, and nothing else.
//
// Seconds and microseconds are multiplied apart, because the engine multiplies
// an interval in floating point: past the year 2255 a microsecond would be lost.
//
// The unique index on the key decides between two calls with one key. The one
// that loses fails as a whole, entry and balance.
const postgresCharge = `WITH charged AS (
	UPDATE credits AS a SET
		left_credits = a.left_credits - $2::integer,
		balance = a.balance - $2::bigint,
		open_left = a.open_left - $2::bigint,
		seq = a.seq + 1,
		as_of_us = GREATEST(a.as_of_us, $3::bigint),
		updated_at = timestamptz 'epoch' + GREATEST(a.as_of_us, $3::bigint) / 1000000 * interval '1 second'
			+ GREATEST(a.as_of_us, $3::bigint) % 1000000 * interval '1 microsecond',
		head_hash = encode(sha256(convert_to(concat_ws('|', COALESCE(a.head_hash, ''), a.seq + 1, a.seq + 1,
			a.open_lot, - $2::bigint, 0, a.balance - $2::bigint,
			a.balance - $2::bigint - a.held_credits + a.debt_credits,
			GREATEST(a.as_of_us, $3::bigint), a.open_expires_us, $10::text), 'UTF8')), 'hex')
	WHERE a.user_uuid = $1::text AND a.open_left >= $2::bigint
		AND a.next_event_us > GREATEST(a.as_of_us, $3::bigint)
		AND NOT EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = $1::text AND t.op_key = $4::text)
		AND ($11::boolean OR a.seq = (SELECT v.seq FROM credits AS v WHERE v.user_uuid = $1::text))
	RETURNING a.seq, a.open_lot, a.open_expires_us, a.balance, a.as_of_us, a.head_hash, a.updated_at,
		a.balance - a.held_credits + a.debt_credits AS available
)
INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at, seq, op_seq, op_key,
	op_kind, op_hash, lot, held, balance, available, at_us, expires_us, order_no, gen_id, metadata, hash)
SELECT $1::text, $5::text, - $2::integer,
	CASE WHEN open_expires_us < 9223372036854775807 THEN to_char(
		(timestamptz 'epoch' + open_expires_us / 1000000 * interval '1 second'
			+ open_expires_us % 1000000 * interval '1 microsecond') AT TIME ZONE 'UTC',
		'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END,
	updated_at, seq, seq, $4::text, 'charge', $6::text, open_lot, 0, balance, available, as_of_us,
	open_expires_us, $7::text, $8::text, $9::text, head_hash
FROM charged
RETURNING seq, lot, balance, available, at_us, expires_us, hash`

// postgres runs the charge.
//
// In the caller's transaction a failed statement would undo the caller's work,
// so the losing call must not get that far: there the account's sequence must
// be the one that the statement's snapshot shows ($11 false). If it is not,
// the account moved on while the statement waited, and the snapshot may not
// show the key.
func (q *quickCharge) postgres(ctx context.Context, db bun.IDB, caps dialect.Capabilities) (bool, error) {
	handle, own := postgresHandle(db)
	if handle == nil {
		return false, nil
	}
	args := q.postgresArgs(own)
	if caps.Prepared != nil {
		args = append([]any{caps.Prepared}, args...)
	}
	done, err := q.scan(ctx, handle, postgresCharge, args)
	if err != nil && own && ctx.Err() == nil {
		// Lost to the same key, or the connection is gone and the outcome not
		// known: the general way looks for the key first.
		return false, nil
	}
	return done, err
}

func (q *quickCharge) postgresArgs(own bool) []any {
	return []any{
		q.user, q.amount, q.at, q.key, q.entry.TransType, q.hash,
		orNull(q.orderNo), orNull(q.genID), orNull(q.meta), digest(&q.entry), own,
	}
}

func postgresHandle(db bun.IDB) (handle querier, own bool) {
	switch db := db.(type) {
	case *bun.DB:
		return db.DB, true
	case bun.Tx:
		return db.Tx, false
	default:
		return nil, false
	}
}

// scan reads the entry that was written; false when none was.
func (q *quickCharge) scan(ctx context.Context, handle querier, text string, args []any) (bool, error) {
	rows, err := handle.QueryContext(ctx, text, args...)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	done := rows.Next()
	if done {
		if err := rows.Scan(q.written()...); err != nil {
			return false, err
		}
		q.complete()
	}
	// The outcome is known only once the statement has ended.
	for rows.Next() {
	}
	return done && rows.Err() == nil, rows.Err()
}
