package providers

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// change applies fn, which reports whether it changes anything, to a provider's
// row.
func change(ctx context.Context, db bun.IDB, name Name, at time.Time, fn func(*Key) bool) (*Info, error) {
	at, err := valid.Time("At", at)
	if err != nil {
		return nil, err
	}
	return edit(ctx, db, name, func(ctx context.Context, tx bun.Tx, k *Key) error {
		if !fn(k) {
			return nil
		}
		return k.update(ctx, tx, at)
	})
}

// edit runs fn with a provider's row locked.
func edit(
	ctx context.Context, db bun.IDB, name Name, fn func(context.Context, bun.Tx, *Key) error,
) (*Info, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	defer cached.Changed(ctx, db, keptName(name)) // also what others have changed already
	var info *Info
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		k, err := lock(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, k); err != nil {
			return err
		}
		info = k.info()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return info, nil
}
