package apikeys

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// ChangeResult is a key after a change.
type ChangeResult struct {
	Key Info `json:"key"`
	// Replayed is true when there was nothing to change; nothing was written.
	Replayed bool `json:"replayed"`
}

// change locks a key, lets apply change it, and writes the columns that apply
// returns.
func change(ctx context.Context, db bun.IDB, p GetParams, apply func(k *Key) (columns []string)) (*ChangeResult, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	var result *ChangeResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		k := new(Key)
		if err := p.found(k, rows.Lock(ctx, tx, k, p.where)); err != nil {
			return err
		}
		cached.Changed(ctx, tx, keptName(k.Key)) // also what others have changed already
		columns := apply(k)
		result = &ChangeResult{Key: k.info(), Replayed: len(columns) == 0}
		if result.Replayed {
			return nil
		}
		_, err := rows.Update(ctx, tx, k, rows.Own{ID: k.ID, Key: []rows.Column{{Name: "user_uuid", Value: k.UserUUID}}}, columns...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
