// Package cached is how verbs use the cache that a handle was given, where it was given
// one: see dialect.Cache. A value is JSON of a struct of the verb's own; its key says which
// form that has, by a number that goes up when the struct changes.
package cached

import (
	"context"
	"crypto/rand"
	"encoding/json"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Form is how a T is kept.
type Form[T any] struct {
	// Encode returns what is kept of what was read, nil for what must not be.
	Encode func(*T) any
	// Decode makes a T of what was kept, and false where it cannot be used.
	Decode func(unmarshal func(into any) bool) (*T, bool)
}

// of is the cache for reads on db: none in a transaction, which sees what others do not,
// nor on a connection, where one may be open.
func of(db bun.IDB) dialect.Cache {
	if handle, ok := db.(*bun.DB); ok {
		return dialect.Of(handle).Cache
	}
	return nil
}

// Keeps reports whether reads on db are kept.
func Keeps(db bun.IDB) bool { return of(db) != nil }

// Has reports whether what is changed through db has to be forgotten.
func Has(db bun.IDB) bool { return dialect.Of(db).Cache != nil }

// Read returns what read returns for key, or what is kept of that.
func Read[T any](ctx context.Context, db bun.IDB, key string, form Form[T], read func(ctx context.Context) (*T, error)) (*T, error) {
	c := of(db)
	if c == nil {
		return read(ctx)
	}
	var own *T
	did := false
	value, _, err := c.Fetch(ctx, key, func(ctx context.Context) ([]byte, error) {
		found, err := read(ctx)
		own, did = found, true
		if err != nil || found == nil {
			return nil, err
		}
		return encoded(form.Encode(found))
	})
	switch {
	case err != nil:
		return nil, dialect.Classify(err)
	case did:
		return own, nil
	case value != nil:
		found, ok := form.Decode(func(into any) bool { return json.Unmarshal(value, into) == nil })
		if ok {
			return found, nil
		}
		c.Forget(ctx, key)
	}
	return read(ctx)
}

func encoded(kept any) ([]byte, error) {
	if kept == nil {
		return nil, nil
	}
	return json.Marshal(kept)
}

// ReadOf is Read for a key within a group, which one Changed of the group's key forgets
// whole. What the group's key stands for is a random name, and the keys within it begin
// with that: once it is another, nothing finds them.
func ReadOf[T any](
	ctx context.Context, db bun.IDB, group, key string, form Form[T], read func(ctx context.Context) (*T, error),
) (*T, error) {
	c := of(db)
	if c == nil {
		return read(ctx)
	}
	name, kept, err := c.Fetch(ctx, group, func(context.Context) ([]byte, error) { return []byte(rand.Text()), nil })
	switch {
	case err != nil:
		return nil, dialect.Classify(err)
	case !kept: // and nothing that is kept under it would be found
		return read(ctx)
	}
	return Read(ctx, db, group+"/"+string(name)+"/"+key, form, read)
}

// Changed forgets keys whose rows a verb has changed through db, or has found as others
// left them: once the change is committed where the library commits it, and else by what
// dialect.Cache says of Suspend.
func Changed(ctx context.Context, db bun.IDB, keys ...string) {
	c := dialect.Of(db).Cache
	switch {
	case c == nil || len(keys) == 0:
	case dialect.IsHandle(db):
		c.Forget(ctx, keys...)
	case !dialect.AfterCommit(ctx, db, func(ctx context.Context) { c.Forget(ctx, keys...) }):
		c.Suspend(ctx, keys...)
	}
}
