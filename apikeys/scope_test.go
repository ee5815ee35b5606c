package apikeys_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestExpiryAndScopes(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		now := time.Now().UTC().Truncate(time.Second)
		p := apikeys.CreateParams{UserUUID: uuid.NewString(), Name: "ci", ExpiresAt: now.Add(time.Hour), Scopes: []string{"images:write", "x"}}
		for _, wrong := range []apikeys.CreateParams{
			{UserUUID: p.UserUUID, Name: "ci", ExpiresAt: now.Add(-time.Hour)},
			{UserUUID: p.UserUUID, Name: "ci", Scopes: []string{"a b"}},
			{UserUUID: p.UserUUID, Name: "ci", Scopes: []string{"a", "a"}},
			{UserUUID: p.UserUUID, Name: "ci", Scopes: []string{""}},
		} {
			_, err := apikeys.Create(ctx, env.DB, wrong)
			require.ErrorIs(t, err, apikeys.ErrInvalid)
		}
		made, err := apikeys.Create(ctx, env.DB, p)
		require.NoError(t, err)
		require.Equal(t, p.Scopes, made.Info.Scopes)
		require.Equal(t, p.ExpiresAt, made.Info.ExpiresAt)
		found, err := apikeys.Authenticate(ctx, env.DB, apikeys.AuthenticateParams{Key: made.Secret, At: p.ExpiresAt.Add(-time.Microsecond)})
		require.NoError(t, err)
		require.True(t, found.Key.Allows("images:write"))
		require.False(t, found.Key.Allows("images"))
		_, err = apikeys.Authenticate(ctx, env.DB, apikeys.AuthenticateParams{Key: made.Secret, At: p.ExpiresAt})
		require.ErrorIs(t, err, apikeys.ErrUnauthenticated, "exactly then")

		for scope, want := range map[string]int{"x": http.StatusOK, "y": http.StatusForbidden} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set(apikeys.Header, made.Secret.Reveal())
			ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
			apikeys.Middleware(env.DB, apikeys.MiddlewareParams{})(apikeys.RequireScope(scope)(ok)).ServeHTTP(w, r)
			require.Equal(t, want, w.Code, scope)
		}
		_, err = env.DB.NewUpdate().Model((*apikeys.Key)(nil)).Set("expires_at = ?", now.Add(-time.Hour)).Where("id = ?", made.Info.ID).Exec(ctx)
		require.NoError(t, err)
		seen, err := apikeys.Inspect(ctx, env.DB, apikeys.InspectParams{Key: made.Secret})
		require.NoError(t, err)
		require.Equal(t, apikeys.VerdictExpired, seen.Verdict)
		open, err := apikeys.Create(ctx, env.DB, apikeys.CreateParams{UserUUID: p.UserUUID, Name: "all"})
		require.NoError(t, err)
		require.True(t, open.Info.Allows("anything"))
	})
}
