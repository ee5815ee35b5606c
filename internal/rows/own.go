package rows

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/width"
)

// Own names one row that the transaction has locked or inserted.
type Own struct {
	// ID is the primary key; 0 where the engine did not return that of a new row.
	ID int64
	// Key are columns that find the row without the ID, with their values. A row
	// that was read needs none, unless its table is laid out by one.
	Key []Column
}

// Column is a column with a value.
type Column struct {
	Name  string
	Value any
}

// where restricts a statement to the row.
func (o Own) where(q bun.QueryBuilder) bun.QueryBuilder {
	if o.ID == 0 && len(o.Key) == 0 {
		return q.Where("1 = 0") // never the whole table
	}
	q = q.Where("?", ByID(o.ID))
	for _, c := range o.Key {
		q = q.Where(c.Name+" = ?", c.Value)
	}
	return q
}

// Update writes columns of model, a pointer to a struct, to its row, and returns
// how many rows that were: 1, unless the row is not locked. It returns a
// *dialect.NarrowColumnError for an amount that an adopted column does not hold.
func Update(ctx context.Context, tx bun.Tx, model any, own Own, columns ...string) (int64, error) {
	if err := width.Check(ctx, tx, model); err != nil {
		return 0, err
	}
	return Affected(Current(tx).NewUpdate().Model(model).Column(columns...).ApplyQueryBuilder(own.where).Exec(ctx))
}

// Locked is the error of an update that found n rows where one is locked.
func Locked(n int64, err error, what string) error {
	if err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("%s changed under its lock: the engine does not keep row locks", what)
}

// Delete deletes a row of model's table.
func Delete(ctx context.Context, tx bun.Tx, model any, own Own) error {
	_, err := Current(tx).NewDelete().Model(model).ApplyQueryBuilder(own.where).Exec(ctx)
	return dialect.Classify(err)
}

// Withdraw deletes a row that was inserted before what it stands for was refused, so
// that the caller's transaction goes on without it, and returns the refusal. After
// a failure of the engine there is nothing to delete: the whole transaction is lost.
func Withdraw(ctx context.Context, tx bun.Tx, model any, own Own, refusal error) error {
	if failed := (*dialect.Error)(nil); errors.As(refusal, &failed) {
		return refusal
	}
	if err := Delete(ctx, tx, model, own); err != nil {
		return err
	}
	return refusal
}
