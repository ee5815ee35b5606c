package apikeys

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/uptrace/bun"
)

// MiddlewareParams say how requests are authenticated.
type MiddlewareParams struct {
	// Prefixes are as in AuthenticateParams.
	Prefixes []string
	// Bearer also accepts the key from "Authorization: Bearer" if the request has
	// no [Header].
	Bearer bool
	// Optional passes on requests without any key; [FromContext] finds nothing in
	// them. An invalid key is still refused.
	Optional bool
	// Refuse answers a request that is not let through; nil answers with a status and a
	// few words: 401 for [ErrUnauthenticated], 500 for Prefixes that cannot be, and 503 with
	// Retry-After for a database that cannot be asked. A function of one's own may write web.WriteProblem's.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
	// Unrecorded, when set, is told why the use of a key could not be written.
	Unrecorded func(r *http.Request, err error)
}

// Middleware passes on requests with a valid API key and puts the key's Info into
// their context, where [FromContext] finds it. It costs one [Authenticate]. No
// transaction is open while the handler runs.
func Middleware(db bun.IDB, p MiddlewareParams) func(http.Handler) http.Handler {
	if p.Refuse == nil {
		p.Refuse = p.refuse
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key, sent := p.keyOf(r)
			if !sent && p.Optional {
				next.ServeHTTP(w, r)
				return
			}
			found, err := Authenticate(r.Context(), db, AuthenticateParams{Key: key, Prefixes: p.Prefixes})
			if err != nil {
				p.Refuse(w, r, err)
				return
			}
			if found.Unrecorded != nil && p.Unrecorded != nil {
				p.Unrecorded(r, found.Unrecorded)
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, found.Key)))
		})
	}
}

// contextKey is where a request's context has its key.
type contextKey struct{}

// FromContext returns the key that a request came with, and false if [Middleware]
// passed it on without one. Its UserUUID is the caller.
func FromContext(ctx context.Context) (Info, bool) {
	info, ok := ctx.Value(contextKey{}).(Info)
	return info, ok
}

// keyOf is the key that a request was sent with, and whether there is one.
func (p *MiddlewareParams) keyOf(r *http.Request) (Secret, bool) {
	if r.Header.Get(Header) != "" {
		return FromRequest(r), true
	}
	if !p.Bearer {
		return Secret{}, false
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return Secret{}, false
	}
	return NewSecret(strings.TrimSpace(token)), true
}

func (p *MiddlewareParams) refuse(w http.ResponseWriter, _ *http.Request, err error) {
	switch {
	case errors.Is(err, ErrUnauthenticated):
		scheme := "APIKey"
		if p.Bearer {
			scheme = "Bearer"
		}
		w.Header().Set("WWW-Authenticate", scheme+` realm="API"`)
		http.Error(w, ErrUnauthenticated.Error(), http.StatusUnauthorized)
	case errors.Is(err, ErrInvalid): // of Prefixes: the program's fault
		http.Error(w, "the API key cannot be checked", http.StatusInternalServerError)
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the API key cannot be checked now", http.StatusServiceUnavailable)
	}
}
