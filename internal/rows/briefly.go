package rows

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// errUndo makes a transaction roll back without being run again.
var errUndo = errors.New("undone")

// Briefly is dialect.InTx for one part of a sweep, which must not wait long for
// rows that somebody else has locked, and whose failure must undo that part
// alone: in the caller's transaction it is a savepoint. On PostgreSQL it waits five
// seconds for a lock, on MySQL and MariaDB as long as the handle says
// (chameleon.WithLockTimeout), and then it is not run again.
func Briefly(ctx context.Context, db bun.IDB, fn func(ctx context.Context, tx bun.Tx) error) error {
	callers := !dialect.IsHandle(db)
	var failure error
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		once := func(_ context.Context, tx bun.Tx) error {
			err := fn(ctx, tx)
			if failure = dialect.Classify(err); LockTimeout(failure) {
				return errUndo
			}
			return err
		}
		if callers {
			return tx.RunInTx(ctx, nil, once)
		}
		if dialect.Of(tx).Engine == dialect.PostgreSQL {
			if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '5s'"); err != nil {
				return err
			}
		}
		return once(ctx, tx)
	})
	if errors.Is(err, errUndo) {
		return failure
	}
	return err
}

// LockTimeout reports whether err says that somebody else's lock was not waited
// for, or not for longer. That undid a statement; deadlocks are another matter.
func LockTimeout(err error) bool {
	failed, ok := errors.AsType[*dialect.Error](err)
	if !ok {
		return false
	}
	switch failed.Code {
	case "55P03", "1205", "3572":
		return true
	}
	return false
}

// OneItem reports whether err, of [Briefly], is about the rows that it worked
// on, so that a sweep goes on with others; and not about the database, the
// context, or the caller's transaction.
func OneItem(ctx context.Context, db bun.IDB, err error) bool {
	failed := (*dialect.Error)(nil)
	switch {
	case ctx.Err() != nil:
		return false
	case !errors.As(err, &failed):
		return true
	}
	switch failed.Kind {
	case dialect.KindConstraint, dialect.KindUnique, dialect.KindOther:
		return true
	case dialect.KindTransient:
		// SQLite locks the database, and a deadlock ends the caller's transaction.
		return dialect.Of(db).LocksRows() && (LockTimeout(err) || dialect.IsHandle(db))
	}
	return false
}
