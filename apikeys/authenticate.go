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

// AuthenticateParams is a key that someone presents.
type AuthenticateParams struct {
	// Key as it was presented; see [FromRequest]. An empty one is refused like
	// any other that opens nothing.
	Key Secret
	// Prefixes are those that Create is called with, at most 16; nil means
	// [DefaultPrefix]. What starts with one of them and is not well-formed is
	// refused without asking the database.
	Prefixes []string
	// At is when it was presented; zero means now.
	At time.Time
}

// AuthenticateResult is a key that was accepted.
type AuthenticateResult struct {
	// Key is the key as it was found. Its UserUUID is who is calling.
	Key Info `json:"key"`
	// Unrecorded is the reason when the key's use could not be written, nil as
	// a rule: a database that refuses writes, for one. It is not a reason to
	// refuse the request, but one to have a look.
	Unrecorded error `json:"-"`
}

// Authenticate says whose key was presented.
//
// It is one read by a unique index. When the key was last used a minute ago or
// longer, its last use is written too; the write waits for no lock (PostgreSQL
// and its kin SKIP LOCKED, MySQL and MariaDB NOWAIT, SQLite a quarter of a
// second at most for its one writer): whoever comes second leaves it to the first. A key
// that another program stored as it is gets hashed when it is first used here,
// in the same way, so that the column never holds it again. In a table that the
// original application made it stays as it is, because that looks its keys up
// there, until [HashOriginals].
//
// Keys that are malformed, unknown, revoked and expired get one answer,
// ErrUnauthenticated, and unknown and revoked ones by the same statement, which finds no
// row in either case. The statement looks for a SHA-256: how far an index gets
// with a guess tells nothing about a key, since whoever can choose where a hash
// begins cannot choose the key behind it. That is also why a hash without salt
// and stretching is enough: nobody guesses 190 random bits. Malformed keys are
// refused sooner; what makes them so is in the caller's hands.
//
// Once [Revoke] has returned, every Authenticate that starts later refuses the
// key, unless it takes part in a transaction that reads from an older snapshot.
// In a bun.Tx, the key whose use is written stays locked until that ends, and
// Revoke waits for it: better to authenticate first, with the *bun.DB.
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
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	found, err := lookUp(ctx, db, key, prefixOf(key, p.Prefixes) == "")
	if err != nil {
		return nil, err
	}
	if found == nil || found.expired(at) {
		return nil, ErrUnauthenticated
	}
	result := &AuthenticateResult{Key: found.info()}
	if u := useOf(found, at); u != nil {
		if result.Unrecorded, err = u.record(ctx, db); err != nil {
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
