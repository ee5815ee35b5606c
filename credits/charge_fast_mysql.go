package credits

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/alongside"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// The charge as one packet of statements. MySQL has no statement that updates
// one table and inserts into another.
//
// The number of this call carries the outcome from one statement to the next. The UPDATE writes
// it to the account's row; if no row has it, none is inserted and none is read. Session state
// would not do, least of all ROW_COUNT(): a server that cannot deliver the answer to the UPDATE
// because the client is gone counts −1 rows and continues with the packet, COMMIT included.
//
// The account is compared byte for byte, because an adopted column may treat two as equal. The
// comparison is repeated where the sequence is incremented, which overflows for another account:
// TiDB assumes that a column which equals a value may be replaced by it in every condition,
// whatever the collation.
//
// Times are computed with DATE_ADD, because TiDB's TIMESTAMPADD wraps around in the year 2262.
//
// head_hash comes first because MySQL assigns from left to right: it is
// computed from the row as it was.
const (
	mysqlUpdate = ` SET
	head_hash = SHA2(CONCAT_WS('|', COALESCE(head_hash, ''), seq + 1, seq + 1, open_lot, ?, 0, balance - ?,
		balance - ? - held_credits + debt_credits, GREATEST(as_of_us, ?), open_expires_us, ?), 256),
	left_credits = left_credits - ?, balance = balance - ?, open_left = open_left - ?,
	seq = seq + CASE WHEN CAST(user_uuid AS BINARY) = CAST(? AS BINARY) THEN 1 ELSE 9223372036854775807 END,
	as_of_us = GREATEST(as_of_us, ?), updated_at = DATE_ADD('1970-01-01', INTERVAL as_of_us MICROSECOND), call_id = ?
WHERE user_uuid = ? AND CAST(user_uuid AS BINARY) = CAST(? AS BINARY) AND open_left >= ? AND next_event_us > GREATEST(as_of_us, ?)
	AND ? <= TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) AND left_credits = balance - held_credits + debt_credits`

	mysqlInsert = `INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at, seq, op_seq,
	op_key, op_kind, op_hash, lot, held, balance, available, at_us, expires_us, order_no, gen_id, metadata,
	metadata_salt, hash, call_id)
SELECT user_uuid, ?, ?, CASE WHEN open_expires_us < 9223372036854775807 THEN
		DATE_FORMAT(DATE_ADD('1970-01-01', INTERVAL open_expires_us MICROSECOND), '%Y-%m-%dT%H:%i:%s.%fZ') END,
	DATE_ADD('1970-01-01', INTERVAL as_of_us MICROSECOND), seq, seq, ?, 'charge', ?, open_lot, 0, balance,
	balance - held_credits + debt_credits, as_of_us, open_expires_us, ?, ?, ?, ?, head_hash, call_id
FROM `
	mysqlOfCall = ` WHERE user_uuid = ? AND call_id = ?`

	// mysqlUnarchived is a condition on the row to be charged, and is checked again under
	// its lock: the unique index on the key does not contain archived keys.
	mysqlUnarchived = ` AND (archived_seq = 0 OR NOT EXISTS (
	SELECT 1 FROM credits_trans_archive AS t WHERE t.user_uuid = ? AND t.op_key = ?))`

	// mysqlSelect reads the result and is the guard: if the account's row has no matching
	// entry, the sum overflows. That is an error on any server, and no statement after an
	// error is executed.
	mysqlSelect  = mysqlGuard + mysqlColumns + mysqlEntry + mysqlOfAccount + ";"
	mysqlGuard   = "SELECT a.seq + 9223372036854775807 * (t.hash IS NULL OR t.hash <> a.head_hash"
	mysqlColumns = `), a.open_lot, a.balance, a.balance - a.held_credits + a.debt_credits, a.as_of_us,
	a.open_expires_us, a.head_hash`
	mysqlEntry     = " FROM credits AS a LEFT JOIN credits_trans AS t ON t.user_uuid = ? AND t.seq = a.seq AND t.call_id = ?"
	mysqlOfAccount = " WHERE a.user_uuid = ? AND a.call_id = ?"

	mysqlBegin  = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;START TRANSACTION;"
	mysqlCharge = "UPDATE credits" + mysqlUpdate
	mysqlEnter  = mysqlInsert + "credits" + mysqlOfCall

	// mysqlSighting finds the account without locking, unless the key has been used. At a
	// caller's REPEATABLE READ, an UPDATE that finds no row locks the gap, into which other
	// new accounts are inserted, and MariaDB locks the gap before a row that it finds other
	// than by the primary key. An INSERT that violates uniqueness is worse: on MySQL it
	// locks the end of the table, where everybody's entries go. If there is nothing to
	// charge, the variable is NULL, which equals no row, and the engine does not search.
	mysqlSighting = "SET @chameleon_row = NULL;" +
		rows.AsItIs + "SELECT id INTO @chameleon_row FROM credits WHERE user_uuid = ? " +
		"AND NOT EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = ? AND t.op_key = ?);"
	mysqlRow     = "credits FORCE INDEX (PRIMARY)"
	mysqlSighted = " AND id = @chameleon_row;"

	// mysqlWhole leaves accounts with an archive to the general path: at a caller's
	// REPEATABLE READ, looking up a key that is not in the archive would lock a gap.
	// See mysqlPacket, too.
	mysqlWhole = " AND archived_seq = 0"

	mysqlSavepoint = "chameleon_charge"
	mysqlNested    = "SAVEPOINT " + mysqlSavepoint + ";" + mysqlSighting +
		rows.AsItIs + "UPDATE " + mysqlRow + mysqlUpdate + mysqlWhole + mysqlSighted +
		rows.AsItIs + mysqlInsert + mysqlRow + mysqlOfCall + mysqlSighted +
		rows.AsItIs + mysqlSelect + "RELEASE SAVEPOINT " + mysqlSavepoint
)

// mysqlPacket is a charge as a transaction of its own. Looking for the key in the archive
// takes a tenth of the server's time for a charge, so the first packet has no lookup, and
// charges only accounts of which nothing was ever archived. Once the general path has met
// another account, this process sends the second.
type mysqlPacket struct {
	write  string   // up to the read of the result
	probes bool     // both statements ask for the account and the key
	text   string   // the whole packet
	beside sync.Map // with the row that a charge carries
}

//nolint:gochecknoglobals // constants, but for texts that are made once
var (
	mysqlOfWhole    = newMySQLPacket(mysqlWhole, "")
	mysqlOfArchived = newMySQLPacket(mysqlUnarchived, mysqlUnarchived)
)

// newMySQLPacket makes the packet whose statements ask that much of the account's row.
func newMySQLPacket(update, insert string) *mysqlPacket {
	write := mysqlBegin + mysqlCharge + update + mysqlNames + ";" + mysqlEnter + insert + ";"
	return &mysqlPacket{
		write: write, probes: insert != "",
		text: strings.Replace(write, mysqlNames, "", 1) + mysqlSelect + "COMMIT",
	}
}

// mysqlNames is where the condition on a carried row's names goes.
const mysqlNames = "/* names */"

// metArchive says that this process has charged an account with an archive.
var metArchive atomic.Bool //nolint:gochecknoglobals // see mysqlPacket: either packet is right for any account

func mysqlPacketOfNow() *mysqlPacket {
	if metArchive.Load() {
		return mysqlOfArchived
	}
	return mysqlOfWhole
}

// carrying is the text of a charge with a row beside it, which the guard checks as well.
func (p *mysqlPacket) carrying(row *alongside.Row) string {
	return strings.Replace(p.write, mysqlNames, row.NamesCondition(), 1) + row.MySQLInsert("credits") + mysqlOfCall + ";" + mysqlGuard + " OR r.id IS NULL" + mysqlColumns + ", r.id" +
		mysqlEntry + row.MySQLJoin() + mysqlOfAccount + ";COMMIT"
}

// args are the arguments of text.
func (p *mysqlPacket) args(q *fastCharge) []any {
	return append(p.writeArgs(q), q.user, q.call, q.user, q.call)
}

func (p *mysqlPacket) writeArgs(q *fastCharge) []any {
	var names, probe []any
	if q.beside != nil {
		names = q.beside.NamesOf(q.user)
	}
	if p.probes {
		probe = []any{q.user, q.key}
	}
	return slices.Concat(q.updateArgs(), probe, names, q.insertArgs(), probe)
}

// nestedArgs are those of the packet that takes part in a transaction.
func (q *fastCharge) nestedArgs() []any {
	return slices.Concat([]any{q.user, q.user, q.key}, q.updateArgs(), q.insertArgs(), []any{q.user, q.call, q.user, q.call})
}

func (q *fastCharge) updateArgs() []any {
	return []any{
		-q.amount, q.amount, q.amount, q.at, q.entry.digest(),
		q.amount, q.amount, q.amount, q.user, q.at, q.call, q.user, q.user, q.amount, q.at, q.at - q.ahead,
	}
}

func (q *fastCharge) insertArgs() []any {
	return []any{
		q.entry.TransType, -q.amount, q.key, q.entry.OpHash, orNull(q.orderNo), orNull(q.genID),
		orNull(q.meta), orNull(q.salt), q.user, q.call,
	}
}

// mysqlAlone runs the charge as a transaction of its own, with the row beside it.
func (q *fastCharge) mysqlAlone(ctx context.Context, db bun.IDB, on rows.Conn) (bool, error) {
	p, row := mysqlPacketOfNow(), q.beside
	if row == nil {
		return q.read(ctx, db, on, p.text, p.args(q))
	}
	text := carrying(&p.beside, row, func() string { return p.carrying(row) })
	return q.read(ctx, db, on, text, slices.Concat(
		p.writeArgs(q), row.Values(), []any{q.user, q.call}, []any{q.user, q.call}, row.Key(), []any{q.user, q.call}))
}

// mysqlNested runs the charge in the caller's transaction. A failed packet is rolled back to
// the savepoint, so that the caller can continue. If that is impossible, the connection is
// lost, and the transaction with it.
func (q *fastCharge) mysqlNested(ctx context.Context, tx bun.Tx) (bool, error) {
	done, err := q.read(ctx, tx, tx.Tx, mysqlNested, q.nestedArgs())
	if err == nil {
		return done, nil
	}
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialect.CleanupLimit)
	defer cancel()
	_, undo := tx.Tx.ExecContext(cleanup, "ROLLBACK TO SAVEPOINT "+mysqlSavepoint)
	if undo == nil && errors.Is(dialect.Classify(err), dialect.ErrUnique) {
		return false, nil
	}
	return false, err
}
