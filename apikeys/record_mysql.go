package apikeys

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// recordMySQL locks the row first, because an UPDATE has no NOWAIT here. It is
// NOWAIT, not SKIP LOCKED, which TiDB reads and ignores.
//
// The statement that fails is undone by itself, also when the row is not to be
// had. Any other collision may have undone the caller's whole transaction.
func (u *use) recordMySQL(ctx context.Context, db bun.IDB) (unrecorded, err error) {
	if tx, ok := dialect.TxOf(db); ok {
		held, err := u.lockMySQL(ctx, tx)
		if held {
			// That nobody has stored the hash was seen just now. To look again, in the
			// statement itself, would lock the gap where it is not; and the uniqueness
			// rule has the last word.
			_, err = u.write(rows.Current(tx)).Exec(ctx)
		}
		err = dialect.Classify(err)
		if errors.Is(err, dialect.ErrUnique) {
			return nil, nil
		}
		if dialect.IsTransient(err) && (held || !rows.LockTimeout(err)) {
			return nil, err
		}
		return settle(err), nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends it where a hook panics at BEGIN or COMMIT
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if held, err := u.lockMySQL(ctx, tx); !held {
			return err
		}
		_, err := u.update(tx).Exec(ctx)
		return err
	})
	return settle(err), nil
}

// lockMySQL reports whether the row is locked for tx. Otherwise there is an
// error, or no such row any more.
func (u *use) lockMySQL(ctx context.Context, tx bun.Tx) (bool, error) {
	var ids []int64
	err := u.lock(rows.Current(tx), "UPDATE NOWAIT").Scan(ctx, &ids)
	return len(ids) == 1, err
}
