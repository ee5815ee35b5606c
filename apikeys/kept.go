package apikeys

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
)

// keptKey is a row as a cache keeps it: its name there says whose hash it has, and the
// key itself is never in it.
type keptKey struct {
	ID         int64     `json:"id"`
	Name       string    `json:"name"`
	UserUUID   string    `json:"user_uuid"`
	Status     Status    `json:"status"`
	CreatedAt  time.Time `json:"created_at"`
	Prefix     string    `json:"prefix"`
	LastUsedAt time.Time `json:"last_used_at"`
	RevokedAt  time.Time `json:"revoked_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Scopes     string    `json:"scopes"`
	// Original is true of a row that holds the key itself, and is to go on to.
	Original bool `json:"original"`
}

// keptForm is how the row of a presented key is kept. A row that is about to be hashed is
// not; legacy says whether rows that hold the key itself are looked for.
func keptForm(key string, legacy bool) cached.Form[Key] {
	return cached.Form[Key]{
		Encode: func(k *Key) any {
			if !k.Key.isHash() && !bool(k.Original) {
				return nil
			}
			return keptKey{
				ID: k.ID, Name: k.Name, UserUUID: k.UserUUID, Status: k.Status, CreatedAt: k.CreatedAt, Prefix: k.Prefix,
				LastUsedAt: k.LastUsedAt, RevokedAt: k.RevokedAt, UpdatedAt: k.UpdatedAt, ExpiresAt: k.ExpiresAt,
				Scopes: k.Scopes, Original: !k.Key.isHash(),
			}
		},
		Decode: func(unmarshal func(any) bool) (*Key, bool) {
			var kept keptKey
			if !unmarshal(&kept) || kept.Original && !legacy || !kept.Status.Usable() {
				return nil, false
			}
			k := &Key{
				ID: kept.ID, Name: kept.Name, Key: hashOf(key), UserUUID: kept.UserUUID, Status: kept.Status,
				CreatedAt: kept.CreatedAt, Prefix: kept.Prefix, LastUsedAt: kept.LastUsedAt, RevokedAt: kept.RevokedAt,
				UpdatedAt: kept.UpdatedAt, ExpiresAt: kept.ExpiresAt, Scopes: kept.Scopes, Original: dialect.Original(kept.Original),
			}
			if kept.Original {
				k.Key = Stored(key) // as it was presented: the name in the cache is its hash
			}
			return k, true
		},
	}
}

// keptName names the row of a stored key in a cache, by its hash. The number is keptKey's.
func keptName(s Stored) string {
	if !s.isHash() {
		s = hashOf(string(s))
	}
	return "apikey/1/" + strings.TrimPrefix(string(s), hashMark)
}

// lookUpKept is lookUp, or what the handle's cache keeps of it.
func lookUpKept(ctx context.Context, db bun.IDB, key string, legacy bool) (*Key, error) {
	read := func(ctx context.Context) (*Key, error) {
		ctx, db, done, err := dialect.Reading(ctx, db)
		if err != nil {
			return nil, err
		}
		defer done()
		return lookUp(ctx, db, key, legacy)
	}
	return cached.Read(ctx, db, keptName(hashOf(key)), keptForm(key, legacy), read)
}
