package apikeys

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Header is the HTTP header in which a key is sent.
const Header = "X-API-Key"

// maxPrefixes is how many prefixes Authenticate and Inspect take.
const maxPrefixes = 16

// FromRequest returns the key that came with a request in [Header], the zero
// Secret when there is none.
func FromRequest(r *http.Request) Secret {
	return NewSecret(r.Header.Get(Header)) //nolint:canonicalheader // spelt as it is documented; Get does not mind
}

// AuthenticateParams describe a presented key.
type AuthenticateParams struct {
	// Key is the key as presented; see [FromRequest]. An empty key is refused
	// like any other invalid one.
	Key Secret
	// Prefixes are the prefixes given to Create, at most 16; nil means
	// [DefaultPrefix]. A key that starts with one of them and is not
	// well-formed is refused without asking the database.
	Prefixes []string
	// At is when it was presented; zero means now.
	At time.Time
}

// AuthenticateResult is an accepted key.
type AuthenticateResult struct {
	// Key describes the key. Its UserUUID is the caller.
	Key Info `json:"key"`
	// Unrecorded is why the key's use could not be recorded, normally nil; for
	// instance, the database refuses writes. It is no reason to refuse the
	// request, but worth investigating.
	Unrecorded error `json:"-"`
}

// Authenticate finds the owner of a presented key.
//
// It is one read by a unique index. If the key was last used at least a minute ago,
// its last use is also written, without waiting for a lock (SKIP LOCKED on
// PostgreSQL, NOWAIT on MySQL and MariaDB, at most a quarter of a second for SQLite's
// one writer): of concurrent callers, one writes. A key that another program stored
// in plaintext is hashed in the same way when it is first used here. In a table that
// the original application made, it stays as it is until [HashOriginals], because the
// original looks its keys up there.
//
// Malformed, unknown, revoked and expired keys all get ErrUnauthenticated, and
// unknown and revoked ones by the same statement, which finds no row in either case.
// The statement looks up a SHA-256, so the timing of an index look-up reveals nothing
// about a key: an attacker cannot choose a key by its hash. Nor does the hash need a
// salt or stretching, since nobody guesses 190 random bits. Malformed keys are
// refused earlier, which reveals nothing that the caller does not know.
//
// On a handle with a cache (chameleon.WithCache) the cache answers if it can, and a last use
// may be shown late by up to its TTL.
//
// Once [Revoke] has returned, every Authenticate that starts later refuses the
// key, unless it is part of a transaction that reads from an older snapshot, or
// another process has the key in a cache (package cache says for how long). In
// a bun.Tx, a key whose use is written stays locked until the transaction ends,
// and Revoke waits for it; so authenticate first, with the *bun.DB.
//
// Errors: *InvalidError for Prefixes and At, ErrUnauthenticated, and
// *dialect.Error when the engine fails, which says nothing about the key.
func Authenticate(ctx context.Context, db bun.IDB, p AuthenticateParams) (*AuthenticateResult, error) {
	at, err := p.check()
	if err != nil {
		return nil, err
	}
	key := p.Key.Reveal()
	if verdictOf(key, p.Prefixes) == VerdictMalformed {
		return nil, ErrUnauthenticated
	}
	found, err := lookUpKept(ctx, db, key, prefixOf(key, p.Prefixes) == "")
	if err != nil {
		return nil, err
	}
	if found == nil || found.expired(at) {
		return nil, ErrUnauthenticated
	}
	result := &AuthenticateResult{Key: found.info()}
	if u := useOf(found, at); u != nil {
		if result.Unrecorded, err = u.recordOn(ctx, db); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// check checks what is not a secret, fills the defaults in and returns At as it
// is stored.
func (p *AuthenticateParams) check() (time.Time, error) {
	if p.Prefixes == nil {
		p.Prefixes = []string{DefaultPrefix}
	}
	if len(p.Prefixes) > maxPrefixes {
		return time.Time{}, valid.Failf("Prefixes", "more than %d", maxPrefixes)
	}
	for _, prefix := range p.Prefixes {
		if err := checkPrefix("Prefixes", prefix); err != nil {
			return time.Time{}, err
		}
	}
	return valid.Time("At", p.At)
}

// lookUp returns the row by which a presented key is accepted, nil for none.
func lookUp(ctx context.Context, db bun.IDB, key string, legacy bool) (*Key, error) {
	found, err := find(ctx, db, key, legacy, true)
	if found == nil || found.Key.isHash() || err != nil {
		return found, err
	}
	// Once in a key's life: should another program have stored a key again that
	// was hashed and revoked here, it stays revoked. An active one was hashed
	// just now, by someone else who used it.
	hashed, err := find(ctx, db, key, false, false)
	switch {
	case err != nil:
		return nil, err
	case hashed == nil:
		return found, nil
	case hashed.Status.Usable():
		return hashed, nil
	}
	return nil, nil
}

// find returns the row of a presented key, nil for none. With legacy, rows that
// hold the key itself are found too, by the same look-up. With accepted, rows
// with another status do not leave the database, so that a revoked key is
// answered as an unknown one is.
func find(ctx context.Context, db bun.IDB, key string, legacy, accepted bool) (*Key, error) {
	hash := hashOf(key)
	where, args := "k.key = ?", []any{string(hash)}
	if legacy {
		where, args = "k.key IN (?, ?)", append(args, key)
	}
	if accepted {
		where += " AND k.status IN (?" + strings.Repeat(", ?", len(usable())-1) + ")"
		for _, status := range usable() {
			args = append(args, string(status))
		}
	}
	var found []Key
	if err := rows.Select[Key](db, where, args...).Scan(ctx, &found); err != nil {
		return nil, dialect.Classify(err)
	}
	var match *Key
	for i := range found {
		k := &found[i]
		if accepted && !k.Status.Usable() {
			continue // a column that compares without case
		}
		// Such a column finds 'abc' for 'ABC' and for 'abc ' too. The hash comes
		// first, should another program have stored the key once more.
		if equal(k.Key, hash) || match == nil && equal(k.Key, Stored(key)) {
			match = k
		}
	}
	return match, nil
}

// equal compares in a time that depends on the lengths alone.
func equal(a, b Stored) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
