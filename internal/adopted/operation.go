package adopted

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// Row is a row of the original application's whose entry in the ledger is wanted.
type Row struct {
	UserUUID string
	// Key is the entry's idempotency key where the caller knows it; else Look finds
	// it, empty for none.
	Key  string
	Look func(ctx context.Context, db bun.IDB) (string, error)
	// Kind is what the entry has to be, What its name and Field that of the caller's
	// parameter, for the error.
	Kind        credits.Kind
	What, Field string
}

// Operation returns the operation of the row's entry, nil for none, after what the
// original wrote for the user has been taken over. The row is locked.
func (r Row) Operation(ctx context.Context, tx bun.Tx) (*credits.Operation, error) {
	if _, err := credits.Adopt(ctx, tx, credits.AdoptParams{UserUUID: r.UserUUID}); err != nil {
		return nil, err
	}
	if r.Key == "" {
		var err error
		if r.Key, err = r.Look(ctx, tx); r.Key == "" || err != nil {
			return nil, err
		}
	}
	op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: r.UserUUID, Key: r.Key})
	if err != nil {
		return nil, err
	}
	if op.Kind != r.Kind {
		return nil, &credits.NotFoundError{What: r.What, Field: r.Field, Value: r.Key, UserUUID: r.UserUUID, Err: credits.ErrNotFound}
	}
	return op, nil
}

// batch is how many rows are looked up at a time.
const batch = 500

// Each calls do with each row of T that where selects, by its id, which of returns.
func Each[T any](
	ctx context.Context, db *bun.DB, where func(*bun.SelectQuery) *bun.SelectQuery, of func(*T) int64, do func(*T) error,
) error {
	for after := int64(0); ; {
		var found []T
		err := where(db.NewSelect().Model(&found)).Where("id > ?", after).OrderExpr("id").Limit(batch).Scan(ctx)
		if err != nil {
			return dialect.Classify(err)
		}
		for i := range found {
			if err := do(&found[i]); err != nil {
				return dialect.Classify(err)
			}
		}
		if len(found) < batch {
			return nil
		}
		after = of(&found[len(found)-1])
	}
}
