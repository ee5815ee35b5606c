package apikeys

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
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
		var err error
		result.Keys, err = rows.DeleteEach(ctx, tx, (*Key)(nil), "user_uuid = ?", p.UserUUID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
