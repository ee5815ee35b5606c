package apikeys

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// RenameParams names a key and its new name.
type RenameParams struct {
	// ID is required.
	ID int64
	// UserUUID, when set, is who must own the key.
	UserUUID string
	// Name is required, at most 255 characters.
	Name string
	// At is when it was renamed; zero means now.
	At time.Time
}

// Rename changes a key's name. If the key already has that name, it is returned
// as a replay.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when there is no such key or another user owns it, and
// *dialect.Error when the engine fails.
func Rename(ctx context.Context, db bun.IDB, p RenameParams) (*ChangeResult, error) {
	at, atErr := valid.Time("At", p.At)
	if err := valid.First(valid.Required("Name", p.Name, maxName), atErr); err != nil {
		return nil, err
	}
	return change(ctx, db, GetParams{ID: p.ID, UserUUID: p.UserUUID}, func(k *Key) []string {
		if k.Name == p.Name {
			return nil
		}
		k.Name, k.UpdatedAt = p.Name, at
		return []string{"name", "updated_at"}
	})
}
