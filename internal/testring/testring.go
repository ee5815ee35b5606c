// Package testring encrypts providers' keys in tests. It reads, writes and uses the
// keysets of AES-256-GCM keys that Tink makes, and so those of the package
// providers/keyring, whose module links Tink and stands above this one.
package testring

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
)

// Ring is a keyset: a primary key, which encrypts, and others, which decrypt.
type Ring struct {
	Primary uint32 `json:"primaryKeyId"`
	All     []Key  `json:"key"`
}

// Key is a key of a Ring, as Tink's JSON has it.
type Key struct {
	Data   keyData `json:"keyData"`
	Status string  `json:"status"`
	ID     uint32  `json:"keyId"`
	Prefix string  `json:"outputPrefixType"`
}

type keyData struct {
	TypeURL string `json:"typeUrl"`
	Value   []byte `json:"value"`
	Kind    string `json:"keyMaterialType"`
}

// field is what comes before the 32 bytes of a key in Tink's protocol buffer.
const field = "\x1a\x20"

// New makes a keyset of one key.
func New() (*Ring, error) {
	key := newKey()
	return &Ring{Primary: key.ID, All: []Key{key}}, nil
}

func newKey() Key {
	random := make([]byte, 36)
	_, _ = rand.Read(random) // it never fails
	return Key{
		ID: binary.BigEndian.Uint32(random), Status: "ENABLED", Prefix: "TINK",
		Data: keyData{
			TypeURL: "type.googleapis.com/google.crypto.tink.AesGcmKey", Kind: "SYMMETRIC",
			Value: append([]byte(field), random[4:]...),
		},
	}
}

// Parse reads what Export wrote.
func Parse(text string) (*Ring, error) {
	r := new(Ring)
	return r, json.Unmarshal([]byte(text), r)
}

// Export returns the keyset as Tink's JSON, in cleartext.
func (r *Ring) Export() (string, error) {
	text, err := json.Marshal(r)
	return string(text), err
}

// Keys returns the keys, oldest first.
func (r *Ring) Keys() []Key { return r.All }

// Add returns a ring with one more key, which does not encrypt yet.
func (r *Ring) Add() (*Ring, error) {
	return &Ring{Primary: r.Primary, All: append(slices.Clone(r.All), newKey())}, nil
}

// Promote returns a ring whose newest key encrypts.
func (r *Ring) Promote() (*Ring, error) {
	return &Ring{Primary: r.All[len(r.All)-1].ID, All: r.All}, nil
}

// Retire returns a ring without a key.
func (r *Ring) Retire(id uint32) (*Ring, error) {
	rest := slices.DeleteFunc(slices.Clone(r.All), func(k Key) bool { return k.ID == id })
	if id == r.Primary || len(rest) == len(r.All) {
		return nil, errors.New("testring: no such key, or the primary one")
	}
	return &Ring{Primary: r.Primary, All: rest}, nil
}

// Encrypt encrypts with the primary key, and binds to associatedData.
func (r *Ring) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	for _, key := range r.All {
		if key.ID != r.Primary {
			continue
		}
		aead, err := key.aead()
		if err != nil {
			return nil, err
		}
		nonce := make([]byte, aead.NonceSize())
		_, _ = rand.Read(nonce) // it never fails
		return aead.Seal(append(key.prefix(), nonce...), nonce, plaintext, associatedData), nil
	}
	return nil, errors.New("testring: no primary key")
}

// Decrypt decrypts with the key that the ciphertext names.
func (r *Ring) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	for _, key := range r.All {
		rest, mine := bytes.CutPrefix(ciphertext, key.prefix())
		if !mine {
			continue
		}
		aead, err := key.aead()
		if err != nil {
			return nil, err
		}
		if n := aead.NonceSize(); len(rest) >= n {
			return aead.Open(nil, rest[:n], rest[n:], associatedData)
		}
	}
	return nil, errors.New("testring: no key decrypts this")
}

// Current reports whether the primary key made the ciphertext.
func (r *Ring) Current(ciphertext []byte) bool {
	return bytes.HasPrefix(ciphertext, Key{ID: r.Primary}.prefix())
}

// prefix is what Tink writes in front of a ciphertext.
func (k Key) prefix() []byte { return binary.BigEndian.AppendUint32([]byte{1}, k.ID) }

func (k Key) aead() (cipher.AEAD, error) {
	key, found := bytes.CutPrefix(k.Data.Value, []byte(field))
	if !found {
		return nil, errors.New("testring: not an AES-256-GCM key")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
