package apikeys

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// RevokeParams names a key, by exactly one of ID and Key.
type RevokeParams struct {
	ID int64
	// Key is the key itself, such as one that a secret scanner reported.
	Key Secret
	// UserUUID, when set, is who must own the key.
	UserUUID string
	// At is when it was revoked; zero means now.
	At time.Time
}

// Revoke invalidates a key permanently. One that is already revoked is returned
// as a replay. Once Revoke has returned (with a bun.Tx: once that is
// committed), every Authenticate that starts later refuses the key. Other processes
// that have the key in a cache refuse it within the time that package cache states.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when there is no such key or another user owns it, and
// *dialect.Error when the engine fails.
func Revoke(ctx context.Context, db bun.IDB, p RevokeParams) (*ChangeResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	if p.Key.IsZero() {
		return change(ctx, db, GetParams{ID: p.ID, UserUUID: p.UserUUID}, revoke(at))
	}
	if p.ID != 0 {
		return nil, valid.Failf("RevokeParams", "set one of ID and Key, not both")
	}
	if p.UserUUID != "" {
		if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
			return nil, err
		}
	}
	if verdictOf(p.Key.Reveal(), nil) == VerdictMalformed {
		return nil, notFound("Key", "", p.UserUUID)
	}
	defer cached.Changed(ctx, db, keptName(hashOf(p.Key.Reveal()))) // also when it is gone
	var result *ChangeResult
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		// Usable rows first: it is those that must not stay.
		found, err := find(ctx, tx, p.Key.Reveal(), true, true)
		if found == nil && err == nil {
			found, err = find(ctx, tx, p.Key.Reveal(), true, false)
		}
		if err != nil {
			return err
		}
		if found == nil {
			return notFound("Key", "", p.UserUUID)
		}
		result, err = change(ctx, tx, GetParams{ID: found.ID, UserUUID: p.UserUUID}, revoke(at))
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// revoke is the change that Revoke makes.
func revoke(at time.Time) func(k *Key) []string {
	return func(k *Key) []string {
		if k.Status == StatusRevoked {
			return nil
		}
		k.Status, k.RevokedAt, k.UpdatedAt = StatusRevoked, at, at
		return []string{"status", "revoked_at", "updated_at"}
	}
}
