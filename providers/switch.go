package providers

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// SwitchParams name a provider to switch on or off.
type SwitchParams struct {
	Provider Name
	// At is when; zero means now.
	At time.Time
}

// Enable switches a provider on. It has no effect if the provider is already
// on.
//
// Errors, after which nothing is written: *InvalidError; *NotFoundError;
// *dialect.Error.
func Enable(ctx context.Context, db bun.IDB, p SwitchParams) (*Info, error) {
	return p.turn(ctx, db, true)
}

// Disable switches a provider off: [Get] refuses its key, and generations that
// require an enabled provider are refused. It has no effect if the provider is
// already off.
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
