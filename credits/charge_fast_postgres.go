package credits

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// postgresCharge is the whole charge as one statement. The condition is on the
// updated row alone: a statement that waited for its lock checks that row
// again as it is then, and nothing else.
//
// left_credits is compared with what the ledger knows: where another program has
// moved it, the general way takes that over first.
//
// Every function and cast is immutable, because Citus refuses others in an
// UPDATE: so || in place of concat_ws, a cast in place of convert_to, and the
// time without a zone. The text that is hashed holds digits, bars and
// hexadecimal digits only, so that its bytes are the same in any encoding.
//
// The time is beside it as the engine's own type, and computed only for an account whose
// time is ahead of the charge's. Seconds and microseconds are multiplied apart, because
// the engine multiplies an interval in floating point: past the year 2255 a microsecond
// would be lost.
//
// The unique index on the key decides between two calls with one key. The one
// that loses fails as a whole, entry and balance.
//
// A key is looked for as the first from it on, in order, which is what the index on keys
// alone has. Asked for the very key, the planner takes any index that begins with the
// account where it knows no better than that an account has one entry (nothing was
// analyzed yet, or most users have a sign-up bonus and no more), and reads the account's
// whole history in each charge.
//
// The index does not have keys that were archived, so that they are looked for, by
// the statement's snapshot. What was archived after it was taken is seen by the row's
// archived_seq, which then is another than the snapshot's.
const postgresCharge = `WITH charged AS (
	UPDATE credits AS a SET
		left_credits = a.left_credits - $2::integer,
		balance = a.balance - $2::bigint,
		open_left = a.open_left - $2::bigint,
		seq = a.seq + 1,
		as_of_us = GREATEST(a.as_of_us, $3::bigint),
		updated_at = CASE WHEN a.as_of_us <= $3::bigint THEN $14::timestamptz ELSE
			(timestamp 'epoch' + a.as_of_us / 1000000 * interval '1 second'
			+ a.as_of_us % 1000000 * interval '1 microsecond') AT TIME ZONE 'UTC' END,
		head_hash = encode(sha256((COALESCE(a.head_hash, '') || '|' || (a.seq + 1)::text || '|' || (a.seq + 1)::text
			|| '|' || a.open_lot::text || '|' || (- $2::bigint)::text || '|0|' || (a.balance - $2::bigint)::text
			|| '|' || (a.balance - $2::bigint - a.held_credits + a.debt_credits)::text
			|| '|' || GREATEST(a.as_of_us, $3::bigint)::text || '|' || a.open_expires_us::text
			|| '|' || $10::text)::bytea), 'hex')
	WHERE a.user_uuid = $1::text AND a.open_left >= $2::bigint
		AND a.next_event_us > GREATEST(a.as_of_us, $3::bigint)
		AND $13::timestamptz <= statement_timestamp()
		AND a.left_credits = a.balance - a.held_credits + a.debt_credits
		AND $4::text IS DISTINCT FROM (SELECT t.op_key FROM credits_trans AS t
			WHERE t.user_uuid = $1::text AND t.op_key >= $4::text ORDER BY t.op_key LIMIT 1)
		AND (a.archived_seq = 0
			OR a.archived_seq = (SELECT v.archived_seq FROM credits AS v WHERE v.user_uuid = $1::text)
			AND $4::text IS DISTINCT FROM (SELECT t.op_key FROM credits_trans_archive AS t
				WHERE t.user_uuid = $1::text AND t.op_key >= $4::text ORDER BY t.op_key LIMIT 1))` + postgresReturning + ` a.seq, a.open_lot, a.open_expires_us, a.balance, a.as_of_us, a.head_hash, a.updated_at,
		a.balance - a.held_credits + a.debt_credits AS available
)
INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at, seq, op_seq, op_key,
	op_kind, op_hash, lot, held, balance, available, at_us, expires_us, order_no, gen_id, metadata,
	metadata_salt, hash, call_id)
SELECT $1::text, $5::text, - $2::integer,
	CASE WHEN open_expires_us < 9223372036854775807 THEN to_char(
		timestamp 'epoch' + open_expires_us / 1000000 * interval '1 second'
			+ open_expires_us % 1000000 * interval '1 microsecond',
		'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END,
	updated_at, seq, seq, $4::text, 'charge', $6::text, open_lot, 0, balance, available, as_of_us,
	open_expires_us, $7::text, $8::text, $9::text, $12::text, head_hash, $11::bigint
FROM charged
RETURNING ` + chargeColumns

// chargeColumns are what fastCharge.written takes.
const chargeColumns = "seq, lot, balance, available, at_us, expires_us, hash"

// postgresNested is the statement for a caller's transaction, which must find the
// account's sequence as its snapshot shows it: see postgres.
var postgresNested = strings.Replace(postgresCharge, postgresReturning, //nolint:gochecknoglobals // a constant that has to be made
	"\n\t\tAND a.seq = (SELECT v.seq FROM credits AS v WHERE v.user_uuid = $1::text)"+postgresReturning, 1)

// postgresText is the statement, with the row that goes with the charge. Own says that it
// is a transaction of its own.
func (q *fastCharge) postgresText(own bool) string {
	switch {
	case !own:
		return postgresNested
	case q.beside == nil:
		return postgresCharge
	}
	return carrying(&postgresTexts, q.beside, q.postgresBeside)
}

func (q *fastCharge) postgresBeside() string {
	update, insert, _ := strings.Cut(postgresCharge, "\n)\n")
	condition, returning, _ := strings.Cut(update, postgresReturning)
	names := q.beside.PostgresNames("$1::text", postgresCount+1+len(q.beside.Values()))
	return condition + names + postgresReturning + returning + "\n), entry AS (\n" + insert + "\n), beside AS (\n" +
		q.beside.PostgresInsert("charged", "$1::text", postgresCount+1) + "\nRETURNING id\n)\n" +
		"SELECT " + chargeColumns + ", beside.id FROM entry, beside"
}

// postgresTexts are the statements of charges that carry a row.
var postgresTexts sync.Map //nolint:gochecknoglobals // what models are does not change

// postgresReturning ends the condition of postgresCharge.
const postgresReturning = "\n\tRETURNING"

// yearOne, in microseconds, is earlier than any clock and still within PostgreSQL's
// timestamps, which the time of an operation less AnyTime is not.
const yearOne = -62_135_596_800_000_000

// postgresCount is how many arguments postgresCharge has.
const postgresCount = 14

// postgres runs the charge.
//
// In the caller's transaction a failed statement would undo the caller's work,
// so the losing call must not get that far: there the account's sequence must
// be the one that the statement's snapshot shows. If it is not, the account moved
// on while the statement waited, and the snapshot may not show the key.
func (q *fastCharge) postgres(
	ctx context.Context, db bun.IDB, on rows.Conn, own bool, caps dialect.Capabilities,
) (bool, error) {
	done, err := rows.One(ctx, db, on, q.postgresText(own), q.postgresArgs(caps), q.written())
	if done = done && err == nil; done {
		q.complete()
	}
	return done, err
}

func (q *fastCharge) postgresArgs(caps dialect.Capabilities) []any {
	args := []any{
		q.user, q.amount, q.at, q.key, q.entry.TransType, q.entry.OpHash,
		orNull(q.orderNo), orNull(q.genID), orNull(q.meta), q.entry.digest(), q.call, orNull(q.salt),
		column.Time(max(q.at-q.ahead, yearOne)), column.Time(q.at),
	}
	if q.beside != nil {
		args = slices.Concat(args, q.beside.Values(), q.beside.Names())
	}
	if caps.Prepared != nil {
		args = append([]any{caps.Prepared}, args...)
	}
	return args
}
