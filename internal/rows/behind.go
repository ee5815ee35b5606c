package rows

import (
	"context"
	"database/sql"
	"reflect"
	"runtime"
	"sync"
	"weak"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// A row that is locked is as it is now. What belongs to it is read as a list, which in a
// caller's transaction on MySQL and MariaDB may be that of an earlier time. To lock a list
// is to lock the gaps around it, too, where strangers' rows are; so it is locked only if it
// has to be: once a row that the transaction locked was not as its plain reads show it.
// Whoever changes something of such a list therefore changes the row that is the lock for
// it. PostgreSQL refuses to lock a row that was changed after the snapshot.

// behind are the transactions whose plain reads are known to be too old, while they are in
// use. It has to be kept: a row that the transaction changes shows it the row as it is now,
// beside lists as they were.
var behind sync.Map //nolint:gochecknoglobals // weak.Pointer[sql.Tx] → true: a transaction has no place for it

func markBehind(tx bun.Tx) {
	of := transaction(tx)
	key := weak.Make(of)
	if _, known := behind.LoadOrStore(key, true); !known {
		runtime.AddCleanup(of, func(key weak.Pointer[sql.Tx]) { behind.Delete(key) }, key)
	}
}

func isBehind(tx bun.Tx) bool {
	_, known := behind.Load(weak.Make(transaction(tx)))
	return known
}

// transaction is the one that tx is, or that it carries.
func transaction(tx bun.Tx) *sql.Tx {
	if carried, ok := dialect.TransactionOf(tx).(*sql.Tx); ok {
		return carried
	}
	return tx.Tx
}

// Behind reports whether the plain reads of db, a caller's transaction on MySQL or
// MariaDB, are known to be too old: then [Now] locks.
func Behind(ctx context.Context, db bun.IDB) bool {
	tx, ok := dialect.TxOf(db)
	return ok && LocksGaps(ctx, tx) && isBehind(tx)
}

// Now makes q, which reads what belongs to a row that db has locked by [Lock] or
// [LockKnown], read it as it is now. Where a caller's transaction on MySQL and MariaDB
// would show it as it was, q locks what it reads.
func Now(ctx context.Context, db bun.IDB, q *bun.SelectQuery) *bun.SelectQuery {
	if !Behind(ctx, db) {
		return q
	}
	return ForUpdate(q, db)
}

// compare marks the transaction as behind unless a row is, under its lock, as a plain read
// showed it.
func compare(tx bun.Tx, seen, locked any) {
	if !reflect.DeepEqual(seen, locked) {
		markBehind(tx)
	}
}
