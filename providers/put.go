package providers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/jsonkeys"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// PutParams describe a provider.
type PutParams struct {
	// Provider is a name as [Name.Valid] wants it.
	Provider Name
	// Key is the provider's API key, at most 16 KiB, without leading or
	// trailing white space.
	Key Secret
	// AEAD encrypts it, required.
	AEAD AEAD
	// ModelConfig is a JSON object of at most 65,535 bytes without duplicate
	// members. Empty keeps that of an existing provider; "{}" clears it.
	ModelConfig string
	// Enabled is the switch. Nil keeps that of an existing provider, and
	// enables a new one.
	Enabled *bool
	// At is when; zero means now.
	At time.Time
}

// Put stores a provider's key, encrypted, replacing any earlier one.
//
// Errors, after which nothing is written: *InvalidError; *Error with
// ErrEncrypt; *dialect.Error.
func Put(ctx context.Context, db bun.IDB, p PutParams) (*Info, error) {
	at, atErr := valid.Time("At", p.At)
	if err := valid.First(p.check(), atErr); err != nil {
		return nil, err
	}
	// Before the transaction: a KMS may take its time.
	sealed, err := encrypt(p.AEAD, p.Provider, p.Key)
	if err != nil {
		return nil, err
	}
	defer cached.Changed(ctx, db, keptName(p.Provider))
	var k *Key
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		row, inserted, err := p.lockOrInsert(ctx, tx, sealed, at)
		if k = row; err != nil || inserted {
			return err
		}
		k.APIKey = sealed
		if p.ModelConfig != "" {
			k.ModelConfig = p.ModelConfig
		}
		if p.Enabled != nil {
			k.IsEnabled = Switch(*p.Enabled)
		}
		return k.update(ctx, tx, at)
	})
	if err != nil {
		return nil, err
	}
	return k.info(), nil
}

func (p PutParams) check() error {
	return valid.First(valid.Name("Provider", string(p.Provider)), checkAEAD(p.AEAD), checkSecret("Key", p.Key), checkConfig(p.ModelConfig))
}

// lockOrInsert locks the provider's row. Where there is none it inserts it, and
// where another call does so at the same time it locks that one's.
func (p PutParams) lockOrInsert(ctx context.Context, tx bun.Tx, sealed Sealed, at time.Time) (*Key, bool, error) {
	k, err := lock(ctx, tx, p.Provider)
	if !errors.Is(err, ErrNotFound) {
		return k, false, err
	}
	k = &Key{
		ProviderName: p.Provider, APIKey: sealed, ModelConfig: p.ModelConfig,
		IsEnabled: Switch(p.Enabled == nil || *p.Enabled), UpdatedAt: at, CreatedAt: at,
	}
	inserted, err := rows.Insert(ctx, tx, k)
	if err != nil || inserted {
		return k, inserted, err
	}
	k, err = lockBy(ctx, tx, p.Provider, rows.LockKnown)
	if errors.Is(err, ErrNotFound) {
		return nil, false, valid.Failf("Provider", "differs only in case from one that exists")
	}
	return k, false, err
}

// checkConfig accepts "" and a JSON object.
func checkConfig(config string) error {
	if config == "" {
		return nil
	}
	if err := valid.LongText("ModelConfig", config); err != nil {
		return err
	}
	if !json.Valid([]byte(config)) || !bytes.HasPrefix(bytes.TrimLeft([]byte(config), " \t\r\n"), []byte("{")) {
		return valid.Failf("ModelConfig", "not a JSON object")
	}
	if twice := jsonkeys.Twice([]byte(config)); twice != nil {
		return valid.Failf("ModelConfig", "contains %s twice", shown.Text(strings.Join(twice, ".")))
	}
	return nil
}

// update writes what can change, on a row that lock has locked.
func (k *Key) update(ctx context.Context, tx bun.Tx, at time.Time) error {
	k.UpdatedAt = at
	_, err := rows.Update(ctx, tx, k, rows.Own{ID: k.ID}, "api_key", "model_config", "is_enabled", "updated_at")
	return err
}
