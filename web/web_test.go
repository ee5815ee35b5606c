package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/users"
	"github.com/chameleon-go/chameleon/web"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	ada := chameleontest.User(t, db)
	charge := func(amount int64, key string) error {
		_, err := credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: ada.UUID, Amount: amount, Key: key})
		return err
	}
	require.NoError(t, charge(1, "k"))
	_, notFound := users.Get(t.Context(), db, users.GetParams{Email: "nobody@example.com"})
	_, taken := users.Create(t.Context(), db, users.CreateParams{Email: ada.Email})
	_, unauthenticated := apikeys.Authenticate(t.Context(), db, apikeys.AuthenticateParams{})
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"too little":    {charge(500, ""), `{"title":"Not enough credits","status":402,"detail":"insufficient credits: need 500, have 99","code":"insufficient_credits","need":500,"have":99}`},
		"bad field":     {charge(-1, ""), `"status":400,`},
		"which field":   {charge(-1, ""), `"code":"invalid_input","field":"Amount"}`},
		"key reused":    {charge(2, "k"), `"status":422,`},
		"not found":     {notFound, `"status":404,`},
		"taken":         {taken, `"status":409,`},
		"no key":        {unauthenticated, `"status":401,`},
		"wrapped":       {fmt.Errorf("charge for a picture: %w", charge(500, "")), `"code":"insufficient_credits"`},
		"database":      {&dialect.Error{Kind: dialect.KindUnavailable, Err: errors.New("10.0.0.7 refused")}, `{"title":"Try again later","status":503,"code":"unavailable"}`},
		"unknown":       {&dialect.Error{Kind: dialect.KindTimeout, OutcomeUnknown: true, Err: errors.New("x")}, `"code":"outcome_unknown"`},
		"anything else": {errors.New("password hunter2"), `{"title":"Internal error","status":500,"code":"internal_error"}`},
		"bad signature": {&webhook.Error{Err: webhook.ErrSignature}, `"code":"webhook_refused"`},
		"time ran out":  {fmt.Errorf("call: %w", context.DeadlineExceeded), `"status":504,`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, test.err)
			answer := httptest.NewRecorder()
			web.WriteProblem(answer, test.err)
			assert.Contains(t, answer.Body.String(), test.want)
			assert.Equal(t, web.ContentType, answer.Header().Get("Content-Type"))
			assert.Equal(t, web.Status(test.err), answer.Code)
			assert.Equal(t, web.ProblemOf(test.err).RetryAfter > 0, answer.Header().Get("Retry-After") != "")
		})
	}
	assert.Equal(t, http.StatusOK, web.Status(nil))
	gone := httptest.NewRecorder()
	web.WriteProblem(gone, context.Canceled)
	assert.Equal(t, 499, gone.Code)
	assert.Empty(t, gone.Body.String())
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"8e03978e-40d5-43dd-bc93-6894a57f9324": "client:8e03978e-40d5-43dd-bc93-6894a57f9324 POST /",
		`"8e03978e"`:                           "client:8e03978e POST /",
		"order:o1:reversal:1":                  "client:order:o1:reversal:1 POST /",
		strings.Repeat("k", 128):               "client:" + strings.Repeat("k", 128) + " POST /",
		strings.Repeat("k", 129):               "",
		`"half`:                                "",
		`""`:                                   "",
		"two words":                            "",
		"schlüssel":                            "",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
		r.Header.Set(web.IdempotencyHeader, sent)
		key, err := web.IdempotencyKey(r)
		assert.Equal(t, want, key, sent)
		if want == "" {
			require.ErrorIs(t, err, dialect.ErrInvalid, sent)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	key, err := web.IdempotencyKey(r)
	require.NoError(t, err)
	assert.Empty(t, key)
	r.Header["Idempotency-Key"] = []string{"a", "b"}
	_, err = web.IdempotencyKey(r)
	require.ErrorIs(t, err, dialect.ErrInvalid)
}

// A client pays at each endpoint, although it sends the same key to all, and once at each.
func TestClientKeysAreOfAnEndpoint(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		const account = "ada"
		chameleontest.Grant(t, env.DB, account)
		keys := map[string]bool{}
		for _, endpoint := range []string{
			"POST /images", "POST /videos", "PUT /images", "POST /images/1", "POST /images%2F1", "POST /a:b", "POST /a",
			"POST /" + strings.Repeat("long/", 60), "POST /" + strings.Repeat("long/", 61),
		} {
			method, path, _ := strings.Cut(endpoint, " ")
			for i, sent := range []string{"k", "k", "b:k", "b:k", strings.Repeat("k", 128), strings.Repeat("k", 128)} {
				r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
				r.Header.Set(web.IdempotencyHeader, sent)
				key, err := web.IdempotencyKey(r)
				require.NoError(t, err)
				op, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: account, Amount: 1, Key: key})
				require.NoError(t, err, "%s at %s", sent, endpoint)
				assert.Equal(t, i%2 == 1, op.Replayed, "%s at %s", sent, endpoint)
				keys[key] = true
			}
		}
		assert.Len(t, keys, 9*3)
		env.Verified(t)
	})
}

// A client's key is one that the ledger takes, whatever the library's own look like.
func TestClientKeysMeetNoneOfTheLibrary(t *testing.T) {
	t.Parallel()
	db := chameleontest.New(t)
	ada := chameleontest.User(t, db)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	r.Header.Set(web.IdempotencyHeader, "order:o1:reversal:1")
	key, err := web.IdempotencyKey(r)
	require.NoError(t, err)
	_, err = credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: ada.UUID, Amount: 1, Key: key})
	require.NoError(t, err)
}
