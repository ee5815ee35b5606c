package providers

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// SetModelConfigParams give a provider a configuration.
type SetModelConfigParams struct {
	Provider Name
	// ModelConfig is a JSON object of at most 65,535 bytes, which has no member
	// twice; "" means none.
	ModelConfig string
	// At is when; zero means now.
	At time.Time
}

// SetModelConfig replaces a provider's configuration. Its key and switch stay.
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
