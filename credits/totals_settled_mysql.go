package credits

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// freeOfLocksMySQL asks for the rows of a range and does not wait: an entry that its
// transaction has not committed is one that it holds. At READ COMMITTED, no gap is
// locked.
func freeOfLocksMySQL(ctx context.Context, tx bun.Tx, r idRange) (bool, error) {
	var n int64
	err := dialect.Classify(tx.NewRaw("SELECT COUNT(id) FROM credits_trans FORCE INDEX (`PRIMARY`) WHERE id >= ? AND id < ? FOR UPDATE NOWAIT",
		r.from, r.to).Scan(ctx, &n))
	if rows.LockTimeout(err) {
		return false, nil
	}
	return err == nil, err
}
