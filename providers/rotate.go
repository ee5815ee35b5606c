package providers

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// maxAttempts is how often RotateKeys tries a row that others keep changing.
const maxAttempts = 10

// RotateKeysParams name a batch of keys to re-encrypt.
type RotateKeysParams struct {
	// AEAD decrypts what is stored and encrypts it with its current primary
	// key, required.
	AEAD AEAD
	// Cursor is the Next of the batch before, empty for the first one.
	Cursor string
	// Limit is the size of the batch, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
	// Originals also encrypts what the original application of an adopted database
	// stored in plaintext. Set it once the original has been retired, because it
	// cannot read them afterwards.
	Originals bool
}

// RotateKeysResult is what became of a batch.
type RotateKeysResult struct {
	// Rotated were re-encrypted, Encrypted were in plaintext before, and
	// Current were already encrypted with the current key.
	Rotated   int `json:"rotated"`
	Encrypted int `json:"encrypted"`
	Current   int `json:"current"`
	// Originals were left in plaintext for the original application.
	Originals int `json:"originals"`
	// Failed are those that could not be re-encrypted; the error says why.
	Failed []Name `json:"failed,omitempty"`
	// Next is the cursor of the next batch, empty after the last one.
	Next string `json:"next,omitempty"`
}

// RotateKeys re-encrypts a batch of stored keys with the AEAD's current primary key.
// The batch includes keys of disabled providers and keys stored in plaintext, except
// those of the original application, unless Originals is set. Call it with Next as
// Cursor until Next is empty. A full pass decrypts every key, so one without an error
// proves that the keyset opens them all.
//
// Each row is handled in a transaction of its own, which replaces exactly the
// text that was decrypted: it never overwrites a key that [Put] stores in the
// meantime. The pass may be stopped and restarted at any time, and may run
// concurrently with itself and with other verbs.
//
// If some keys fail, the rest of the batch is still done: the result is returned
// together with the joined errors, each an *Error with ErrDecrypt, ErrEncrypt or
// ErrBusy.
//
// Errors without a result: *InvalidError; *dialect.Error, after which earlier rows
// of the batch may be done.
func RotateKeys(ctx context.Context, db bun.IDB, p RotateKeysParams) (*RotateKeysResult, error) {
	if err := checkAEAD(p.AEAD); err != nil {
		return nil, err
	}
	keys, next, err := read(ctx, db, "providers/rotate", p.Cursor, p.Limit, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
	if err != nil {
		return nil, err
	}
	result := &RotateKeysResult{Next: next}
	var failed []error
	for _, k := range keys {
		if bool(k.Original) && !p.Originals && k.APIKey.State() == KeyPlaintext {
			result.Originals++
			continue
		}
		err := result.rotate(ctx, db, p.AEAD, k)
		switch own := (*Error)(nil); {
		case errors.As(err, &own):
			result.Failed = append(result.Failed, k.ProviderName)
			failed = append(failed, err)
		case err != nil:
			return nil, err
		}
	}
	return result, errors.Join(failed...)
}

// rotate encrypts one key anew. Between reading and writing the row is not
// locked, since a KMS may take its time.
func (r *RotateKeysResult) rotate(ctx context.Context, db bun.IDB, aead AEAD, k Key) error {
	for range maxAttempts {
		state := k.APIKey.State()
		if state == KeyMissing {
			return nil
		}
		secret, err := k.APIKey.decrypt(aead, k.ProviderName)
		if err != nil {
			return err
		}
		if state == KeySealed && k.APIKey.current(aead, k.ProviderName) {
			r.Current++
			return nil
		}
		fresh, err := encrypt(aead, k.ProviderName, secret)
		if err != nil {
			return err
		}
		now, err := replace(ctx, db, k, fresh)
		switch {
		case errors.Is(err, ErrNotFound): // deleted meanwhile
			return nil
		case err != nil:
			return err
		case now == fresh && state == KeyPlaintext:
			r.Encrypted++
			return nil
		case now == fresh:
			r.Rotated++
			return nil
		}
		k.APIKey = now
	}
	return &Error{Provider: k.ProviderName, Err: ErrBusy}
}

// current reports whether a sealed s needs no new encryption.
func (s Sealed) current(aead AEAD, name Name) bool {
	ciphertext, err := s.ciphertext(name)
	return err == nil && isCurrent(aead, ciphertext)
}

// replace stores fresh if the row still holds what k has, and returns what it
// holds then. The two are compared here: MySQL would compare the column without
// regard to case.
func replace(ctx context.Context, db bun.IDB, k Key, fresh Sealed) (now Sealed, err error) {
	defer cached.Changed(ctx, db, keptName(k.ProviderName))
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		row, err := lock(ctx, tx, k.ProviderName)
		if err != nil {
			return err
		}
		if now = row.APIKey; now != k.APIKey {
			return nil
		}
		now, row.APIKey = fresh, fresh
		_, err = rows.Update(ctx, tx, row, rows.Own{ID: row.ID}, "api_key")
		return err
	})
	return now, err
}
