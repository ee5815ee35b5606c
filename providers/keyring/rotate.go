package keyring

import (
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// KeyInfo describes a key of a ring. It contains no key material.
type KeyInfo struct {
	ID uint32 `json:"id"`
	// Primary reports whether the key encrypts.
	Primary bool `json:"primary"`
	// Enabled reports whether the key decrypts.
	Enabled bool `json:"enabled"`
}

// Keys returns the ring's keys, oldest first.
func (r *Ring) Keys() []KeyInfo {
	infos := make([]KeyInfo, 0, r.handle.Len())
	for i := range r.handle.Len() {
		if entry, err := r.handle.Entry(i); err == nil {
			infos = append(infos, KeyInfo{
				ID: entry.KeyID(), Primary: entry.IsPrimary(), Enabled: entry.KeyStatus() == keyset.Enabled,
			})
		}
	}
	return infos
}

// Add returns a ring with an additional AES-256-GCM key, which decrypts but does not
// encrypt yet. It is the first step of changing keys.
//
// Errors: Tink's.
func (r *Ring) Add() (*Ring, error) {
	return r.change(func(m *keyset.Manager) error {
		_, err := m.Add(aead.AES256GCMKeyTemplate())
		return err
	})
}

// Promote returns a ring whose newest key is the primary one, which encrypts. It is the
// second step of changing keys, once every process has a ring with that key.
//
// Errors: ErrKey if the newest key is already the primary one.
func (r *Ring) Promote() (*Ring, error) {
	keys := r.Keys()
	newest := keys[len(keys)-1]
	if newest.Primary || !newest.Enabled {
		return nil, ErrKey
	}
	return r.change(func(m *keyset.Manager) error { return m.SetPrimary(newest.ID) })
}

// Retire returns a ring without the key with that ID, which must not be the primary one. It
// is the last step of changing keys, once providers.RotateKeys has finished.
//
// Errors: ErrKey if there is no such key or it is the primary one.
func (r *Ring) Retire(id uint32) (*Ring, error) {
	for _, key := range r.Keys() {
		if key.ID == id && !key.Primary {
			return r.change(func(m *keyset.Manager) error { return m.Delete(id) })
		}
	}
	return nil, ErrKey
}

func (r *Ring) change(fn func(*keyset.Manager) error) (*Ring, error) {
	m := keyset.NewManagerFromHandle(r.handle)
	if err := fn(m); err != nil {
		return nil, err
	}
	handle, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return FromHandle(handle)
}
