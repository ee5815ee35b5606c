package credits

import (
	"context"
	"math"
	"strconv"

	"github.com/uptrace/bun"
)

// nextPostgres is the number of the transaction that begins next, of all databases of
// the server.
func nextPostgres(ctx context.Context, tx bun.Tx) (next int64, err error) {
	err = tx.NewRaw("SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)").Scan(ctx, &next)
	return next, err
}

// allEndedPostgres reports whether no transaction with a lower number has yet to commit
// entries, prepared ones included. Whoever writes to a table holds a lock on it, and one on
// its own number, until it has ended; everybody may see these.
func allEndedPostgres(ctx context.Context, tx bun.Tx, before int64) (bool, error) {
	var open int64
	err := tx.NewRaw("SELECT COUNT(*) FROM pg_locks AS writes JOIN pg_locks AS own ON own.virtualtransaction = writes.virtualtransaction "+
		"WHERE writes.locktype = 'relation' AND writes.mode = 'RowExclusiveLock' AND writes.relation = CAST('credits_trans' AS regclass) "+
		"AND writes.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "+
		"AND own.locktype = 'transactionid' AND own.mode = 'ExclusiveLock' AND own.granted "+
		// Numbers of 32 bits go round, and so does their age.
		"AND age(own.transactionid) > age(CAST(? AS xid))", strconv.FormatInt(before&math.MaxUint32, 10)).Scan(ctx, &open)
	return open == 0, err
}
