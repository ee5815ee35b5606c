package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

// TestBackend signs in, makes images, runs out of credits, buys some and goes on.
func TestBackend(t *testing.T) {
	db := chameleontest.New(t)
	chameleontest.RequireVerified(t, db)
	var providerErr error
	var made int
	var ordered *orders.Order
	b := &backend{
		db: db,
		person: func(_ context.Context, idToken string) (users.Profile, error) {
			if idToken != "ada's" {
				return users.Profile{}, apikeys.ErrUnauthenticated
			}
			return users.Profile{Provider: users.ProviderGoogle, Subject: "1815", Email: "ada@example.com", EmailVerified: true}, nil
		},
		image: func(context.Context, *generations.Generation) (*generations.Made, error) {
			made++
			return &generations.Made{ResultURLs: []string{"https://images.example/1.png"}}, providerErr
		},
		checkout: func(_ context.Context, o *orders.Order) (string, error) {
			ordered = o
			return "https://checkout.example", nil
		},
		stripe: stripe.Config{Secrets: []secret.Secret{secret.New("whsec_test")}},
	}
	handler := b.routes()
	send := func(r *http.Request) (int, map[string]any) {
		t.Helper()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var body map[string]any
		if strings.Contains(w.Header().Get("Content-Type"), "json") {
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), w.Body.String())
		}
		return w.Code, body
	}
	call := func(method, path, key, idempotencyKey string, form url.Values) (int, map[string]any) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		if idempotencyKey != "" {
			r.Header.Set("Idempotency-Key", idempotencyKey)
		}
		return send(r)
	}
	available := func(key string) any {
		t.Helper()
		status, balance := call(http.MethodGet, "/api/credits", key, "", nil)
		require.Equal(t, http.StatusOK, status)
		return balance["available"]
	}

	status, _ := call(http.MethodPost, "/api/sign-in", "", "", url.Values{"id_token": {"a thief's"}})
	assert.Equal(t, http.StatusUnauthorized, status)
	status, _ = call(http.MethodGet, "/api/credits", "sk_wrong", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status)
	status, signedIn := call(http.MethodPost, "/api/sign-in", "", "", url.Values{"id_token": {"ada's"}})
	require.Equal(t, http.StatusOK, status)
	key, ok := signedIn["key"].(string)
	require.True(t, ok)
	assert.EqualValues(t, 100, available(key))

	prompt := url.Values{"prompt": {"a chameleon"}}
	for range 2 { // the second is a retry
		status, _ = call(http.MethodPost, "/api/images", key, "first", prompt)
		assert.Equal(t, http.StatusOK, status)
	}
	assert.Equal(t, 1, made)
	assert.EqualValues(t, 90, available(key))

	providerErr = errors.New("overloaded")
	status, _ = call(http.MethodPost, "/api/images", key, "second", prompt)
	assert.Equal(t, http.StatusInternalServerError, status)
	assert.EqualValues(t, 90, available(key), "a failure costs nothing")
	providerErr = nil

	for range 9 {
		status, _ = call(http.MethodPost, "/api/images", key, "", prompt)
		assert.Equal(t, http.StatusOK, status)
	}
	status, problem := call(http.MethodPost, "/api/images", key, "", prompt)
	assert.Equal(t, http.StatusPaymentRequired, status)
	assert.Equal(t, "insufficient_credits", problem["code"])

	status, checkout := call(http.MethodPost, "/api/checkout", key, "", nil)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, "https://checkout.example", checkout["url"])
	for range 2 { // Stripe delivers it twice
		r := chameleontest.StripeRequest(t, chameleontest.StripeCheckoutCompleted(ordered), "whsec_test")
		r.URL.Path = "/api/pay/notify/stripe"
		status, _ = send(r)
		assert.Equal(t, http.StatusOK, status)
	}
	assert.EqualValues(t, 1000, available(key))
	status, history := call(http.MethodGet, "/api/images", key, "", nil)
	require.Equal(t, http.StatusOK, status)
	assert.Len(t, history["items"], 11)
}
