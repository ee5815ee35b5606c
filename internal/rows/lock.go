package rows

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// Lock reads into model, a pointer to a struct with an id, the row that which
// selects, and holds it until the transaction ends. It returns sql.ErrNoRows for
// none, and errors as the engine gives them.
//
// In a caller's transaction on MySQL and MariaDB a row that is not there for its
// plain reads is not there for Lock either: to look for it under a lock would lock
// the gap where it could be, and keep others from it.
func Lock(ctx context.Context, tx bun.Tx, model any, which func(q *bun.SelectQuery) *bun.SelectQuery) error {
	if LocksGaps(ctx, tx) {
		return lockSeen(ctx, tx, model, which)
	}
	return ForUpdate(which(tx.NewSelect().Model(model)), tx).Scan(ctx)
}

// LockKnown is Lock for a row that is known to be there, because another row names
// it or an INSERT was refused for it: it is found also where plain reads are too
// old to show it.
func LockKnown(ctx context.Context, tx bun.Tx, model any, which func(q *bun.SelectQuery) *bun.SelectQuery) error {
	err := Lock(ctx, tx, model, which)
	if errors.Is(err, sql.ErrNoRows) && LocksGaps(ctx, tx) {
		markBehind(tx)
		err = ForUpdate(which(tx.NewSelect().Model(model)), tx).Scan(ctx)
	}
	return err
}

// Each changes the rows of model for which a condition holds by change, a
// statement with the condition that it is given, and returns how many rows that
// says it changed.
//
// In a caller's transaction on MySQL and MariaDB these are the rows that its plain
// reads show, one by one: a range would be locked with the gaps at its ends. In an
// archive nobody inserts but who archives, and what went there after the transaction's
// snapshot is changed, too.
func Each(
	ctx context.Context, tx bun.Tx, model any, change func(where string, args ...any) (int64, error),
	where string, args ...any,
) (int64, error) {
	if _, archive := model.(dialect.Archive); !archive && LocksGaps(ctx, tx) {
		return eachSeen(ctx, tx, model, change, where, args)
	}
	return change(where, args...)
}

// Blank sets columns to NULL in the rows of model for which a condition holds, as
// [Each] does, and returns how many these were.
func Blank(
	ctx context.Context, tx bun.Tx, model any, columns []string, where string, args ...any,
) (int64, error) {
	return Each(ctx, tx, model, func(where string, args ...any) (int64, error) {
		q := Current(tx).NewUpdate().Model(model)
		for _, column := range columns {
			q = q.Set(column + " = NULL")
		}
		return Affected(q.Where(where, args...).Exec(ctx))
	}, where, args...)
}

// DeleteEach deletes the rows of model for which a condition holds, as [Each] does,
// and returns how many these were.
func DeleteEach(ctx context.Context, tx bun.Tx, model any, where string, args ...any) (int64, error) {
	return Each(ctx, tx, model, func(where string, args ...any) (int64, error) {
		return Affected(Current(tx).NewDelete().Model(model).Where(where, args...).Exec(ctx))
	}, where, args...)
}

// LocksGaps reports whether a locking read or a write may lock gaps between rows.
func LocksGaps(ctx context.Context, tx bun.Tx) bool {
	return dialect.Of(tx).IsMySQL() && dialect.IsCallers(ctx, tx)
}

// ByID is a condition for a row that is locked or new: MariaDB locks the gap
// before a row that a statement finds by any other key. Of a new row not every
// engine tells the id, 0; then the statement's other conditions find it.
func ByID(id int64) schema.QueryWithArgs {
	if id == 0 {
		return bun.SafeQuery("1 = 1")
	}
	return bun.SafeQuery("id = ?", id)
}

// Affected is how many rows a statement changed, its error classified.
func Affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, dialect.Classify(err)
	}
	return res.RowsAffected()
}
