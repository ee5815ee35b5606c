package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/chain"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// NewUserKey is the idempotency key of the sign-up bonus, which a user gets
// once.
const NewUserKey = ledgerkey.NewUser

// NewUserCredits is the sign-up bonus, in credits.
const NewUserCredits = 100

// GrantNewUserCreditsParams describe a sign-up bonus.
type GrantNewUserCreditsParams struct {
	UserUUID string
	// Amount is in credits; 0 means [NewUserCredits].
	Amount int64
	// At is the time of sign-up, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// GrantNewUserCredits grants the sign-up bonus: 100 credits of type new_user
// that expire one year after At. A user gets it once; further calls return the
// first result, marked as a replay.
//
// Errors: those of [Grant].
func GrantNewUserCredits(ctx context.Context, db bun.IDB, p GrantNewUserCreditsParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p GrantNewUserCreditsParams) grant() GrantParams {
	if p.Amount == 0 {
		p.Amount = NewUserCredits
	}
	if p.At.IsZero() {
		p.At = time.Now()
	}
	return GrantParams{
		UserUUID: p.UserUUID, Amount: p.Amount, Type: TypeNewUser, Key: NewUserKey,
		ExpiresAt: p.At.UTC().AddDate(1, 0, 0), At: p.At, MaxAhead: p.MaxAhead,
	}
}

func (p GrantNewUserCreditsParams) spec() (*spec, error) { return p.grant().once() }

// once returns the spec of a grant whose key is the verb's own and whose expiry follows from its
// time, so that a later retry is still the same call.
func (p GrantParams) once() (*spec, error) {
	// The expiry is not a field of the caller's, so At is at fault.
	err := checkTime("At", p.At)
	if err == nil && checkTime("At", p.ExpiresAt) != nil {
		err = valid.Failf("At", "the credits would expire in year %d, after %d", p.ExpiresAt.UTC().Year(), lastYear)
	}
	if err != nil {
		return nil, err
	}
	s, err := p.spec()
	if err != nil {
		return nil, err
	}
	s.own = true
	s.fingerprint = func(string) string { return chain.Sum(mustJSON([]any{s.kind, p.Amount, p.Type})) }
	return s, nil
}
