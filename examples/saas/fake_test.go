package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/oauth2"

	"github.com/chameleon-go/chameleon/secret"
)

// outside stands in for the services that the program calls: both sign-in providers, both
// payment providers and OpenAI.
type outside struct {
	*httptest.Server
	t *testing.T

	mu sync.Mutex
	// person is who signs in next.
	person   map[string]any
	verified bool
	// challenges are what sign-ins began with, by code.
	challenges map[string]string
	checkouts  []url.Values // what Stripe was asked for
	creem      []map[string]any
	broken     bool // OpenAI
	asked      int
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{t: t, challenges: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", o.authorize)
	mux.HandleFunc("POST /token", o.token)
	mux.HandleFunc("GET /v1/userinfo", o.userInfo)
	mux.HandleFunc("GET /user", o.userInfo)
	mux.HandleFunc("GET /user/emails", o.emails)
	mux.HandleFunc("POST /v1/images/generations", o.images)
	mux.HandleFunc("POST /v1/checkout/sessions", o.stripeSession)
	mux.HandleFunc("POST /v1/checkouts", o.creemCheckout)
	o.Server = httptest.NewServer(mux)
	t.Cleanup(o.Close)
	return o
}

// config is the program's, with every service here.
func (o *outside) config() config {
	endpoint := oauth2.Endpoint{AuthURL: o.URL + "/authorize", TokenURL: o.URL + "/token", AuthStyle: oauth2.AuthStyleInParams}
	byGoogle, byGitHub := google("google-id", "s"), github("github-id", "s")
	byGoogle.Endpoint, byGoogle.api = endpoint, o.URL
	byGitHub.Endpoint, byGitHub.api = endpoint, o.URL
	return config{
		admins: []string{"ada@example.com"}, products: catalogue(),
		providers: map[string]signInProvider{"google": byGoogle, "github": byGitHub},
		models:    map[string]model{"openai": openAI(o.URL, secret.New("sk-test"))},
		stripeKey: "sk_test_1", stripeSecret: "whsec_test", stripeURL: o.URL,
		creemKey: "creem_test", creemSecret: "creem_secret", creemURL: o.URL,
	}
}

func (o *outside) answer(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	assert.NoError(o.t, json.NewEncoder(w).Encode(data))
}

// authorize lets everybody in at once and sends them back.
func (o *outside) authorize(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	code := "code-" + r.FormValue("state")
	o.challenges[code] = r.FormValue("code_challenge")
	o.mu.Unlock()
	http.Redirect(w, r, r.FormValue("redirect_uri")+"?"+url.Values{"state": {r.FormValue("state")}, "code": {code}}.Encode(), http.StatusFound)
}

// token takes a code from who began the sign-in, and from nobody else.
func (o *outside) token(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	challenge := o.challenges[r.FormValue("code")]
	delete(o.challenges, r.FormValue("code"))
	o.mu.Unlock()
	if challenge == "" || oauth2.S256ChallengeFromVerifier(r.FormValue("code_verifier")) != challenge {
		http.Error(w, "invalid_grant", http.StatusBadRequest)
		return
	}
	o.answer(w, map[string]any{"access_token": "at", "token_type": "Bearer"})
}

func (o *outside) userInfo(w http.ResponseWriter, r *http.Request) {
	assert.Equal(o.t, "Bearer at", r.Header.Get("Authorization"))
	o.answer(w, o.person)
}

func (o *outside) emails(w http.ResponseWriter, _ *http.Request) {
	o.answer(w, []map[string]any{
		{"email": "old@example.com", "primary": false, "verified": true},
		{"email": o.person["email"], "primary": true, "verified": o.verified},
	})
}

func (o *outside) images(w http.ResponseWriter, r *http.Request) {
	assert.Equal(o.t, "Bearer sk-test", r.Header.Get("Authorization"))
	o.asked++
	if o.broken {
		http.Error(w, "overloaded", http.StatusServiceUnavailable)
		return
	}
	o.answer(w, map[string]any{"data": []map[string]string{{"url": "https://cdn.example.com/1.png"}}})
}

func (o *outside) stripeSession(w http.ResponseWriter, r *http.Request) {
	assert.Equal(o.t, "Bearer sk_test_1", r.Header.Get("Authorization"))
	assert.NoError(o.t, r.ParseForm())
	o.checkouts = append(o.checkouts, r.PostForm)
	o.answer(w, map[string]any{"id": "cs_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/1"})
}

func (o *outside) creemCheckout(w http.ResponseWriter, r *http.Request) {
	assert.Equal(o.t, "creem_test", r.Header.Get("X-Api-Key"))
	sent, err := io.ReadAll(r.Body)
	assert.NoError(o.t, err)
	var checkout map[string]any
	assert.NoError(o.t, json.Unmarshal(sent, &checkout))
	o.creem = append(o.creem, checkout)
	o.answer(w, map[string]any{"checkout_url": "https://creem.io/checkout/1"})
}
