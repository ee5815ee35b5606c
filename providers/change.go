package providers

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// SwitchParams name a provider to switch on or off.
type SwitchParams struct {
	Provider Name
	// At is when; zero means now.
	At time.Time
}

// Enable switches a provider on. One that is on stays as it is.
//
// Errors, after which nothing is written: *InvalidError; *NotFoundError;
// *dialect.Error.
func Enable(ctx context.Context, db bun.IDB, p SwitchParams) (*Info, error) {
	return p.turn(ctx, db, true)
}

// Disable switches a provider off: [Get] refuses its key, and generations that
// ask for an enabled provider are refused. One that is off stays as it is.
//
// Errors, after which nothing is written: *InvalidError; *NotFoundError;
// *dialect.Error.
func Disable(ctx context.Context, db bun.IDB, p SwitchParams) (*Info, error) {
	return p.turn(ctx, db, false)
}

func (p SwitchParams) turn(ctx context.Context, db bun.IDB, on Switch) (*Info, error) {
	return change(ctx, db, p.Provider, p.At, func(k *Key) bool {
		changes := k.IsEnabled != on
		k.IsEnabled = on
		return changes
	})
}

// SetModelConfigParams give a provider a configuration.
type SetModelConfigParams struct {
	Provider Name
	// ModelConfig is a JSON object of at most 65,535 bytes; "" means none.
	ModelConfig string
	// At is when; zero means now.
	At time.Time
}

// SetModelConfig replaces a provider's configuration and leaves its key and
// switch.
//
// Errors, after which nothing is written: *InvalidError; *NotFoundError;
// *dialect.Error.
func SetModelConfig(ctx context.Context, db bun.IDB, p SetModelConfigParams) (*Info, error) {
	if err := checkConfig(p.ModelConfig); err != nil {
		return nil, err
	}
	return change(ctx, db, p.Provider, p.At, func(k *Key) bool {
		changes := k.ModelConfig != p.ModelConfig
		k.ModelConfig = p.ModelConfig
		return changes
	})
}

// DeleteParams name a provider to forget.
type DeleteParams struct {
	Provider Name
}

// Delete forgets a provider: its key, configuration and switch. It returns what
// was known of it. The generations that it made stay.
//
// Errors, after which nothing is written: *InvalidError; *NotFoundError;
// *dialect.Error.
func Delete(ctx context.Context, db bun.IDB, p DeleteParams) (*Info, error) {
	return edit(ctx, db, p.Provider, func(ctx context.Context, tx bun.Tx, k *Key) error {
		_, err := rows.Current(tx).NewDelete().Model((*Key)(nil)).Where("id = ?", k.ID).Exec(ctx)
		return dialect.Classify(err)
	})
}

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
