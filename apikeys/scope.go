package apikeys

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// What a key's scopes may be.
const (
	maxScopes = 32
	maxScope  = 64
)

func checkScopes(scopes []string) error {
	if len(scopes) > maxScopes {
		return valid.Failf("Scopes", "%d scopes, more than %d", len(scopes), maxScopes)
	}
	for i, scope := range scopes {
		if err := valid.Required("Scopes", scope, maxScope); err != nil {
			return err
		}
		if strings.ContainsFunc(scope, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			return valid.Failf("Scopes", "one contains white space or a control character")
		}
		if slices.Contains(scopes[:i], scope) {
			return valid.Failf("Scopes", "contains a duplicate")
		}
	}
	return nil
}

// expiry checks ExpiresAt and returns it as it is stored.
func (p CreateParams) expiry(at time.Time) (time.Time, error) {
	if p.ExpiresAt.IsZero() {
		return time.Time{}, nil
	}
	expires, err := valid.Time("ExpiresAt", p.ExpiresAt)
	if err == nil && !expires.After(at) {
		err = valid.Failf("ExpiresAt", "not after At")
	}
	return expires, err
}

// expired reports whether the key has expired at a time.
func (k *Key) expired(at time.Time) bool { return !k.ExpiresAt.IsZero() && !at.Before(k.ExpiresAt) }

// Allows reports whether the key may be used for a scope. A key without scopes may
// be used for everything. Scopes compare byte for byte, and no scope implies
// another.
func (i Info) Allows(scope string) bool {
	return len(i.Scopes) == 0 || slices.Contains(i.Scopes, scope)
}

// Budget is the name of the key's budget in the ledger. Passed to credits.SetBudget
// and in credits.ChargeParams.Budgets, it caps what is spent with the key, in the
// transaction that charges.
func (i Info) Budget() string { return "apikey:" + strconv.FormatInt(i.ID, 10) }

// RequireScope passes on requests whose key, as found by [Middleware], allows a
// scope. Others are answered with 403.
func RequireScope(scope string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key, ok := FromContext(r.Context())
			if !ok || !key.Allows(scope) {
				http.Error(w, "this API key may not be used for that", http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
