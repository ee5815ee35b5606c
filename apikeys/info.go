package apikeys

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// maxName is the longest name of a key, in characters.
const maxName = 255

// Info is everything about a key except the key itself and its hash.
type Info struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	UserUUID string `json:"user_uuid"`
	// Status is active or revoked. The TypeScript application's created reads
	// as active; other statuses are returned as stored.
	Status Status `json:"status"`
	// Prefix is the beginning of the key, by which its owner recognizes it.
	Prefix string `json:"prefix"`
	// Legacy means that the row still holds the key itself: another program
	// made it, and it has not been used here.
	Legacy    bool      `json:"legacy"`
	CreatedAt time.Time `json:"created_at,omitzero"`
	// LastUsedAt lags behind by up to a minute. It is zero if the key was never
	// used.
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
	// RevokedAt is zero for an active key, and for one that another program
	// revoked.
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	// ExpiresAt is when the key expires, zero for never.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Scopes are what it may be used for, none for everything.
	Scopes    []string  `json:"scopes,omitempty"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// info leaves the key out.
func (k *Key) info() Info {
	i := Info{
		ID: k.ID, Name: k.Name, UserUUID: k.UserUUID, Status: k.Status, Prefix: k.Prefix, Legacy: !k.Key.isHash(),
		CreatedAt: k.CreatedAt.UTC(), LastUsedAt: k.LastUsedAt.UTC(),
		RevokedAt: k.RevokedAt.UTC(), UpdatedAt: k.UpdatedAt.UTC(), ExpiresAt: k.ExpiresAt.UTC(),
	}
	if k.Scopes != "" {
		i.Scopes = strings.Fields(k.Scopes)
	}
	if i.Status.Usable() {
		i.Status = StatusActive
	}
	if i.Legacy {
		i.Prefix = shownOf(string(k.Key), "")
	}
	return i
}

// GetParams name a key.
type GetParams struct {
	// ID is required.
	ID int64
	// UserUUID, when set, is who must own the key.
	UserUUID string
}

// Get finds a key, revoked or not.
//
// Errors: *InvalidError for a field of p, *NotFoundError when there is no such key
// or another user owns it, and *dialect.Error when the engine fails.
func Get(ctx context.Context, db bun.IDB, p GetParams) (*Info, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	k := new(Key)
	if err := p.scan(ctx, db.NewSelect().Model(k), k); err != nil {
		return nil, err
	}
	info := k.info()
	return &info, nil
}

func (p GetParams) check() error {
	if p.ID <= 0 {
		return valid.Failf("ID", "%d is not positive", p.ID)
	}
	if p.UserUUID != "" {
		return valid.UUID("UserUUID", p.UserUUID)
	}
	return nil
}

// scan runs q, which selects k, for the key that p names.
func (p GetParams) scan(ctx context.Context, q *bun.SelectQuery, k *Key) error {
	return p.found(k, p.where(q).Scan(ctx))
}

// where restricts q to the key.
func (p GetParams) where(q *bun.SelectQuery) *bun.SelectQuery {
	q = q.Where("id = ?", p.ID)
	if p.UserUUID != "" {
		q = q.Where("user_uuid = ?", p.UserUUID)
	}
	return q
}

// found is what a query for the key ended with. A column that another program made
// may compare without case, so that the owner is compared again.
func (p GetParams) found(k *Key, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && p.UserUUID != "" && k.UserUUID != p.UserUUID:
		return notFound("ID", strconv.FormatInt(p.ID, 10), p.UserUUID)
	default:
		return dialect.Classify(err)
	}
}
