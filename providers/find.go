package providers

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Info is everything about a provider except its key.
type Info struct {
	Provider Name `json:"provider"`
	Enabled  bool `json:"enabled"`
	// State is how the key is stored.
	State KeyState `json:"state"`
	// ModelConfig is JSON, or "" for none. In rows that another program wrote,
	// it may be anything.
	ModelConfig string `json:"model_config,omitempty"`
	// UTC. CreatedAt is zero in rows that another program wrote.
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

func (k *Key) info() *Info {
	return &Info{
		Provider: k.ProviderName, Enabled: bool(k.IsEnabled), State: k.APIKey.State(),
		ModelConfig: k.ModelConfig, CreatedAt: k.CreatedAt.UTC(), UpdatedAt: k.UpdatedAt.UTC(),
	}
}

// FindParams name a provider.
type FindParams struct {
	Provider Name
}

// Find describes a provider, enabled or not, without its key.
//
// Errors: *InvalidError; *NotFoundError; *dialect.Error.
func Find(ctx context.Context, db bun.IDB, p FindParams) (*Info, error) {
	if err := checkName(p.Provider); err != nil {
		return nil, err
	}
	query := withoutKey
	if cached.Keeps(db) { // which keeps whole rows, for Get
		query = whole
	}
	k, err := find(ctx, db, p.Provider, query)
	if err != nil {
		return nil, err
	}
	return k.info(), nil
}

// GetParams name a provider whose key is wanted.
type GetParams struct {
	Provider Name
	// AEAD decrypts, required.
	AEAD AEAD
	// EvenDisabled also returns the key of a disabled provider, for testing it
	// before enabling it.
	EvenDisabled bool
	// RefusePlaintext refuses keys that another program stored unencrypted. Set
	// it once [RotateKeys] has completed on an adopted database: from then on,
	// write access to the table is not enough to plant a key.
	RefusePlaintext bool
}

// Credential is a provider with its key.
type Credential struct {
	Info

	// Key is the plaintext.
	Key Secret `json:"-"`
}

// Get returns a provider's key, decrypted, for calling the provider. It takes
// one indexed read, or often none on a handle with a cache (chameleon.WithCache), which
// keeps the row as it is stored, encrypted.
//
// A key that another program stored in plaintext is returned as it is, with
// State KeyPlaintext; Get writes nothing.
//
// Errors: *InvalidError; *NotFoundError; *Error with ErrDisabled, ErrNoKey,
// ErrDecrypt or ErrPlaintext; *dialect.Error.
func Get(ctx context.Context, db bun.IDB, p GetParams) (*Credential, error) {
	if err := valid.First(checkName(p.Provider), checkAEAD(p.AEAD)); err != nil {
		return nil, err
	}
	k, err := find(ctx, db, p.Provider, whole)
	if err != nil {
		return nil, err
	}
	info := k.info()
	switch {
	case !info.Enabled && !p.EvenDisabled:
		return nil, &Error{Provider: p.Provider, Err: ErrDisabled}
	case info.State == KeyPlaintext && p.RefusePlaintext:
		return nil, &Error{Provider: p.Provider, Err: ErrPlaintext}
	}
	secret, err := k.APIKey.decrypt(p.AEAD, k.ProviderName)
	if err != nil {
		return nil, err
	}
	return &Credential{Info: *info, Key: secret}, nil
}

// checkName checks a name that is looked up. Rows of an adopted database may
// have names that [Put] would refuse.
func checkName(n Name) error { return valid.Identifier("Provider", string(n), maxName) }

// scan runs q for the provider's row. On MySQL the column of an adopted
// database may compare names without regard to case; here they are exact.
func scan(ctx context.Context, q *bun.SelectQuery, k *Key, name Name) error {
	return found(k, name, q.Where("provider_name = ?", string(name)).Scan(ctx))
}

// found is what a query for a provider's row ended with.
func found(k *Key, name Name, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && k.ProviderName != name:
		return &NotFoundError{What: "AI provider", Field: "Provider", Value: string(name), Err: ErrNotFound}
	}
	return dialect.Classify(err)
}

// lock reads the provider's row and keeps others from changing it.
func lock(ctx context.Context, tx bun.Tx, name Name) (*Key, error) {
	return lockBy(ctx, tx, name, rows.Lock)
}

// lockBy is lock by rows.Lock, or by rows.LockKnown.
func lockBy(
	ctx context.Context, tx bun.Tx, name Name,
	by func(context.Context, bun.Tx, any, func(*bun.SelectQuery) *bun.SelectQuery) error,
) (*Key, error) {
	k := new(Key)
	err := by(ctx, tx, k, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("provider_name = ?", string(name))
	})
	if err := found(k, name, err); err != nil {
		return nil, err
	}
	return k, nil
}

// whole selects all columns.
func whole(q *bun.SelectQuery) *bun.SelectQuery { return q }

// withoutKey selects all columns but the key, of which it takes as much as
// tells its state.
func withoutKey(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Column("id", "provider_name", "model_config", "is_enabled", "updated_at", "created_at", "original").
		ColumnExpr("SUBSTR(?TableAlias.api_key, 1, ?) AS api_key", len(sealedFamily))
}
