package providers

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
)

// keptProvider is a row as a cache keeps it: with its key encrypted, as it is stored.
type keptProvider struct {
	Provider    Name      `json:"provider"`
	Sealed      string    `json:"sealed"`
	ModelConfig string    `json:"model_config"`
	Enabled     bool      `json:"enabled"`
	UpdatedAt   time.Time `json:"updated_at"`
	CreatedAt   time.Time `json:"created_at"`
}

// keptForm is how a row is kept. One whose key is in plaintext is not.
func keptForm(name Name) cached.Form[Key] {
	return cached.Form[Key]{
		Encode: func(k *Key) any {
			if k.APIKey.State() == KeyPlaintext {
				return nil
			}
			return keptProvider{
				Provider: k.ProviderName, Sealed: string(k.APIKey), ModelConfig: k.ModelConfig, Enabled: bool(k.IsEnabled),
				UpdatedAt: k.UpdatedAt, CreatedAt: k.CreatedAt,
			}
		},
		Decode: func(unmarshal func(any) bool) (*Key, bool) {
			var kept keptProvider
			if !unmarshal(&kept) || kept.Provider != name || Sealed(kept.Sealed).State() == KeyPlaintext {
				return nil, false
			}
			return &Key{
				ProviderName: kept.Provider, APIKey: Sealed(kept.Sealed), ModelConfig: kept.ModelConfig,
				IsEnabled: Switch(kept.Enabled), UpdatedAt: kept.UpdatedAt, CreatedAt: kept.CreatedAt,
			}, true
		},
	}
}

// keptName names a provider's row in a cache. The number is keptProvider's.
func keptName(name Name) string { return "provider/1/" + string(name) }

// find reads a provider's row by query, or returns what the handle's cache keeps of it.
func find(ctx context.Context, db bun.IDB, name Name, query func(q *bun.SelectQuery) *bun.SelectQuery) (*Key, error) {
	return cached.Read(ctx, db, keptName(name), keptForm(name), func(ctx context.Context) (*Key, error) {
		ctx, db, done, err := dialect.Reading(ctx, db)
		if err != nil {
			return nil, err
		}
		defer done()
		k := new(Key)
		if err := scan(ctx, query(db.NewSelect().Model(k)), k, name); err != nil {
			return nil, err
		}
		return k, nil
	})
}
