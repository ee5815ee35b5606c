package apikeys

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ForgetParams name a user whose personal data is to be erased.
type ForgetParams struct {
	UserUUID string
}

// ForgetResult says what was erased.
type ForgetResult struct {
	// Keys is how many keys were removed.
	Keys int64 `json:"keys"`
}

// Forget removes all of a user's keys, including their names and hashes. They
// are then like keys that never existed.
//
// It may be called again.
//
// Errors: *dialect.InvalidError for the UserUUID and *dialect.Error.
func Forget(ctx context.Context, db bun.IDB, p ForgetParams) (*ForgetResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	result := &ForgetResult{}
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		result.Keys = 0
		if cached.Has(tx) {
			return result.forgetKept(ctx, tx, p.UserUUID)
		}
		var err error
		result.Keys, err = rows.DeleteEach(ctx, tx, (*Key)(nil), "user_uuid = ?", p.UserUUID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// forgetKept removes the keys that it has a cache forget, until there are none: one that
// is made meanwhile is seen, or is made after it.
func (r *ForgetResult) forgetKept(ctx context.Context, tx bun.Tx, userUUID string) error {
	for {
		var keys []Key
		if err := tx.NewSelect().Model(&keys).Column("id", "key").Where("user_uuid = ?", userUUID).Scan(ctx); err != nil {
			return dialect.Classify(err)
		}
		ids, names := make([]int64, len(keys)), make([]string, len(keys))
		for i := range keys {
			ids[i], names[i] = keys[i].ID, keptName(keys[i].Key)
		}
		if len(keys) == 0 {
			return nil
		}
		cached.Changed(ctx, tx, names...)
		n, err := rows.DeleteEach(ctx, tx, (*Key)(nil), "user_uuid = ? AND id IN (?)", userUUID, bun.List(ids))
		if r.Keys += n; err != nil || n == 0 {
			return err
		}
	}
}
