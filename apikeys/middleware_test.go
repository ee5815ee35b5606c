package apikeys_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestMiddleware(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.SQLite)
	made, err := apikeys.Create(t.Context(), env.DB, apikeys.CreateParams{UserUUID: uuid.NewString(), Name: "ci"})
	require.NoError(t, err)
	key := made.Secret.Reveal()
	gone := env.Open(t)
	require.NoError(t, gone.Close())
	for name, test := range map[string]struct {
		params apikeys.MiddlewareParams
		header map[string]string
		status int
		user   string
		scheme string
	}{
		"key":                       {header: map[string]string{"X-API-Key": key}, status: 200, user: made.Info.UserUUID},
		"no key":                    {status: 401, scheme: `APIKey realm="API"`},
		"another key":               {header: map[string]string{"X-API-Key": "chm_live_1"}, status: 401, scheme: `APIKey realm="API"`},
		"bearer is not asked for":   {header: map[string]string{"Authorization": "Bearer " + key}, status: 401, scheme: `APIKey realm="API"`},
		"bearer":                    {params: apikeys.MiddlewareParams{Bearer: true}, header: map[string]string{"Authorization": "bearer " + key}, status: 200, user: made.Info.UserUUID},
		"bearer, but the header":    {params: apikeys.MiddlewareParams{Bearer: true}, header: map[string]string{"Authorization": "Bearer " + key, "X-API-Key": "x"}, status: 401, scheme: `Bearer realm="API"`},
		"basic":                     {params: apikeys.MiddlewareParams{Bearer: true}, header: map[string]string{"Authorization": "Basic " + key}, status: 401, scheme: `Bearer realm="API"`},
		"optional":                  {params: apikeys.MiddlewareParams{Optional: true}, status: 200},
		"optional, and a wrong key": {params: apikeys.MiddlewareParams{Optional: true}, header: map[string]string{"X-API-Key": "x"}, status: 401, scheme: `APIKey realm="API"`},
		"prefix that cannot be":     {params: apikeys.MiddlewareParams{Prefixes: []string{"?"}}, header: map[string]string{"X-API-Key": key}, status: 500},
	} {
		t.Run(name, func(t *testing.T) {
			answer, user := ask(t, apikeys.Middleware(env.DB, test.params), test.header)
			assert.Equal(t, test.status, answer.Code)
			assert.Equal(t, test.user, user)
			assert.Equal(t, test.scheme, answer.Header().Get("WWW-Authenticate"))
			assert.NotContains(t, answer.Body.String(), key)
		})
	}
	answer, _ := ask(t, apikeys.Middleware(gone, apikeys.MiddlewareParams{}), map[string]string{"X-API-Key": key})
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Equal(t, "1", answer.Header().Get("Retry-After"))
}

// ask sends a request through a middleware, and returns the answer and who was
// calling.
func ask(t *testing.T, middleware func(http.Handler) http.Handler, header map[string]string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var user string
	handler := middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		info, ok := apikeys.FromContext(r.Context())
		assert.Equal(t, ok, info.UserUUID != "")
		user = info.UserUUID
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer, user
}
