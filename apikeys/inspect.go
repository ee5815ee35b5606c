package apikeys

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Verdict is why a key is accepted or not.
type Verdict string

// What becomes of a key.
const (
	// VerdictActive is that of a key that Authenticate accepts.
	VerdictActive Verdict = "active"
	// VerdictMalformed is that of what cannot be a key: too long, not text, the
	// form of a stored hash, or one of the Prefixes and a wrong length or
	// checksum, as a typo makes it.
	VerdictMalformed Verdict = "malformed"
	// VerdictUnknown is that of a key that no row holds.
	VerdictUnknown Verdict = "unknown"
	// VerdictRevoked is that of a key that was revoked.
	VerdictRevoked Verdict = "revoked"
	// VerdictExpired is that of a key that has expired.
	VerdictExpired Verdict = "expired"
	// VerdictDisabled is that of a key whose status another program
	// set.
	VerdictDisabled Verdict = "disabled"
)

// InspectParams describe a presented key.
type InspectParams struct {
	Key Secret
	// Prefixes are as in AuthenticateParams.
	Prefixes []string
}

// InspectResult is what is known about a key.
type InspectResult struct {
	Verdict Verdict `json:"verdict"`
	// Key is nil if no row has the key.
	Key *Info `json:"key,omitzero"`
}

// Inspect says why [Authenticate] accepts or refuses a key. It is for
// administrators; do not show it to whoever presents the key. Nothing is
// written.
//
// Errors: *InvalidError for Prefixes, and *dialect.Error when the engine
// fails.
func Inspect(ctx context.Context, db bun.IDB, p InspectParams) (*InspectResult, error) {
	presented := AuthenticateParams{Key: p.Key, Prefixes: p.Prefixes}
	if _, err := presented.check(); err != nil {
		return nil, err
	}
	key := p.Key.Reveal()
	if verdictOf(key, presented.Prefixes) == VerdictMalformed {
		return &InspectResult{Verdict: VerdictMalformed}, nil
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	legacy := prefixOf(key, presented.Prefixes) == ""
	found, err := lookUp(ctx, db, key, legacy)
	if found == nil && err == nil {
		found, err = find(ctx, db, key, legacy, false)
	}
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return &InspectResult{Verdict: VerdictUnknown}, nil
	}
	info := found.info()
	verdict := verdictOfStatus(info.Status)
	if verdict == VerdictActive && found.expired(time.Now()) {
		verdict = VerdictExpired
	}
	return &InspectResult{Verdict: verdict, Key: &info}, nil
}

func verdictOfStatus(s Status) Verdict {
	switch s {
	case StatusActive, StatusCreated:
		return VerdictActive
	case StatusRevoked:
		return VerdictRevoked
	}
	return VerdictDisabled
}
