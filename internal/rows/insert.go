// Package rows holds the statements on single rows that engines spell
// differently and several domains need.
package rows

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/width"
)

// Insert inserts model, a pointer to a struct, and reports whether it did:
// false when a uniqueness rule already had such a row. The transaction stays
// usable either way. The model's id is filled in where the engine returns one.
//
// In a caller's transaction on MySQL and MariaDB it looks for such a row first,
// because an INSERT that is refused locks rows that others need.
//
// It returns a *dialect.NarrowColumnError for an amount that an adopted column
// does not hold.
func Insert(ctx context.Context, tx bun.Tx, model any) (bool, error) {
	if err := width.Check(ctx, tx, model); err != nil {
		return false, err
	}
	if dialect.Of(tx).IsMySQL() {
		return insertMySQL(ctx, tx, model)
	}
	return insertOnConflict(ctx, tx, model)
}

// insertOnConflict is for PostgreSQL, where a failed statement would abort the
// caller's transaction, and SQLite, which took the syntax over.
func insertOnConflict(ctx context.Context, tx bun.Tx, model any) (bool, error) {
	res, err := tx.NewInsert().Model(model).On("CONFLICT DO NOTHING").Returning("id").Exec(ctx)
	if err != nil {
		return false, dialect.Classify(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// ForUpdate makes q lock the rows that it reads and see them as they are
// ([Current]), where the engine has row locks: SQLite has one writer at a time
// instead.
func ForUpdate(q *bun.SelectQuery, db bun.IDB) *bun.SelectQuery {
	if dialect.Of(db).LocksRows() {
		return q.For("UPDATE").Conn(Current(db))
	}
	return q
}

// Count runs q, which selects one whole number a row, and counts the rows.
// Unlike COUNT(*) it goes together with row locks.
func Count(ctx context.Context, q *bun.SelectQuery) (int, error) {
	var found []int64
	if err := q.Scan(ctx, &found); err != nil {
		return 0, dialect.Classify(err)
	}
	return len(found), nil
}
