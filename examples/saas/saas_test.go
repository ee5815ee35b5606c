package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/orders"
)

// site is the program as its users see it.
type site struct {
	t       *testing.T
	db      *bun.DB
	outside *outside
	url     string
	handler http.Handler
}

func newSite(t *testing.T) *site {
	t.Helper()
	db := chameleontest.New(t)
	chameleontest.RequireVerified(t, db)
	s := &site{t: t, db: db, outside: newOutside(t)}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }))
	server.Start()
	t.Cleanup(server.Close)
	c := s.outside.config()
	c.publicURL, s.url = server.URL, server.URL
	s.handler = newApp(db, c).routes()
	return s
}

// browser is one user's, with their cookies and headers.
type browser struct {
	*site
	http.Client
	header http.Header
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &browser{site: s, Client: http.Client{Jar: jar}, header: http.Header{}}
}

// signIn goes through a provider's sign-in as a person, and returns the last answer.
func (b *browser) signIn(provider, email string, verified bool) (status int, text string) {
	b.t.Helper()
	b.outside.person = map[string]any{
		"sub": "g-" + email, "id": len(email) + 7000, "login": "octo", "name": "A person", "email": email, "email_verified": verified,
	}
	b.outside.verified = verified
	return b.visit("/signin/" + provider)
}

func (b *browser) visit(path string) (status int, text string) {
	b.t.Helper()
	return b.send(http.MethodGet, path, "")
}

func (b *browser) send(method, path, sent string) (status int, text string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(sent))
	require.NoError(b.t, err)
	r.Header = b.header.Clone()
	if method == http.MethodPost && !strings.HasPrefix(sent, "{") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := b.Do(r)
	require.NoError(b.t, err)
	defer func() { _ = answer.Body.Close() }()
	got, err := io.ReadAll(answer.Body)
	require.NoError(b.t, err)
	return answer.StatusCode, string(got)
}

// call asks the API, wants a code, and returns the data or the message.
func (b *browser) call(path, sent string, code int) (data map[string]any, message string) {
	b.t.Helper()
	status, text := b.send(http.MethodPost, path, sent)
	var got struct {
		Code    int            `json:"code"`
		Message string         `json:"message"`
		Data    map[string]any `json:"data"`
	}
	require.NoError(b.t, json.Unmarshal([]byte(text), &got), text)
	require.Equal(b.t, code, got.Code, text)
	if code == 0 {
		require.Equal(b.t, http.StatusOK, status)
	}
	return got.Data, got.Message
}

func (b *browser) available() float64 {
	b.t.Helper()
	data, _ := b.call("/api/get-user-credits", "", 0)
	return data["available"].(float64)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.browser()
	_, message := ada.call("/api/get-user-info", "", http.StatusUnauthorized)
	assert.Equal(t, "invalid API key", message)

	status, text := ada.signIn("google", "ada@example.com", true)
	require.Equal(t, http.StatusOK, status, text)
	assert.Contains(t, text, "ada@example.com: 100 credits")
	info, _ := ada.call("/api/get-user-info", "", 0)
	user := info["user"].(map[string]any)

	again := s.browser() // the same verified email at the other provider
	again.signIn("github", "ada@example.com", true)
	info, _ = again.call("/api/get-user-info", "", 0)
	assert.Equal(t, user["uuid"], info["user"].(map[string]any)["uuid"])
	assert.InDelta(t, 100, again.available(), 0)

	thief := s.browser() // an email that nobody vouches for
	status, _ = thief.signIn("github", "ada@example.com ", false)
	assert.Equal(t, http.StatusConflict, status)

	bob := s.browser() // by Ada's invite link
	bob.visit("/i/" + user["invite_code"].(string))
	bob.signIn("google", "bob@example.com", true)
	info, _ = bob.call("/api/get-user-info", "", 0)
	assert.Equal(t, user["uuid"], info["user"].(map[string]any)["invited_by"])

	eve := s.browser() // by a link with a typo, and with somebody else's state
	eve.visit("/i/none")
	eve.signIn("google", "eve@example.com", true)
	assert.InDelta(t, 100, eve.available(), 0)
	status, _ = eve.visit("/signin/google/callback?state=x&code=y")
	assert.Equal(t, http.StatusBadRequest, status)
	status, _ = eve.visit("/signin/nobody")
	assert.Equal(t, http.StatusNotFound, status)
}

func TestGenerator(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.browser()
	ada.signIn("google", "ada@example.com", true)

	created, _ := ada.call("/api/keys", `{"name": "laptop"}`, 0)
	program := s.browser() // no cookies: by its API key
	program.header.Set("X-Api-Key", created["key"].(string))
	program.header.Set("Idempotency-Key", "7")
	const image = `{"ai_type": "image", "provider": "openai", "model": "dall-e-3", "prompt": "a lizard"}`
	var made map[string]any
	for range 2 { // the second is a retry
		made, _ = program.call("/api/generator/generate", image, 0)
		assert.Equal(t, "completed", made["status"])
		assert.JSONEq(t, `["https://cdn.example.com/1.png"]`, made["result_urls"].(string))
	}
	assert.Equal(t, 1, s.outside.asked)
	assert.InDelta(t, 95, program.available(), 0)

	s.outside.broken = true
	program.header.Set("Idempotency-Key", "8")
	failed, _ := program.call("/api/generator/generate", image, 0)
	assert.Equal(t, "failed", failed["status"])
	failed, _ = program.call("/api/generator/generate", image, 0)
	assert.Equal(t, "failed", failed["status"], "a retry of the same request says the same")
	assert.InDelta(t, 95, program.available(), 0, "what failed costs nothing")

	found, _ := ada.call("/api/generator/query", `gen_id=`+made["gen_id"].(string), 0)
	assert.Equal(t, made["gen_id"], found["gen_id"])
	history, _ := ada.call("/api/generator/history", "", 0)
	assert.Len(t, history["items"], 2)

	for sent, want := range map[string]string{
		`{}`: "invalid params: ai_type, provider, model, prompt required",
		`{"ai_type": "video", "provider": "sora", "model": "x", "prompt": "y"}`: "Unsupported video provider: sora",
		`[`: "invalid body: is not the JSON that is asked for",
	} {
		status, text := ada.send(http.MethodPost, "/api/generator/generate", sent)
		assert.Contains(t, text, want)
		assert.Equal(t, 4, status/100, text)
	}
	ada.call("/api/ping", "", 0)
	ada.call("/api/ping", "", 0) // once a day
	assert.InDelta(t, 96, ada.available(), 0)
	program.header.Set("X-Api-Key", "nonsense")
	program.call("/api/get-user-info", "", http.StatusUnauthorized)
}

func TestCheckoutAndWebhooks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.browser()
	ada.signIn("google", "ada@example.com", true)
	ada.header.Set("Idempotency-Key", "cart-1")
	var checkout map[string]any
	for range 2 { // a double click
		checkout, _ = ada.call("/api/checkout", `{"product_id": "small", "provider": "stripe"}`, 0)
	}
	assert.Equal(t, "https://checkout.stripe.com/c/1", checkout["url"])
	orderNo := checkout["order_no"].(string)
	assert.Equal(t, orderNo, s.outside.checkouts[0].Get("client_reference_id"))
	assert.Equal(t, s.outside.checkouts[0], s.outside.checkouts[1])
	order, err := orders.Get(t.Context(), s.db, orders.GetParams{OrderNo: orderNo})
	require.NoError(t, err)

	deliver := func(r *http.Request, want int) {
		t.Helper()
		answer := httptest.NewRecorder()
		s.handler.ServeHTTP(answer, r)
		assert.Equal(t, want, answer.Code, answer.Body)
	}
	paid := chameleontest.StripeCheckoutCompleted(order)
	at := func(r *http.Request, path string) *http.Request {
		r.URL.Path = path
		return r
	}
	deliver(at(chameleontest.StripeRequest(t, paid, "not ours"), "/api/pay/notify/stripe"), http.StatusBadRequest)
	for range 2 { // providers send twice
		deliver(at(chameleontest.StripeRequest(t, paid, "whsec_test"), "/api/pay/notify/stripe"), http.StatusOK)
	}
	assert.InDelta(t, 1100, ada.available(), 0)

	ada.header.Set("Idempotency-Key", "cart-2")
	checkout, _ = ada.call("/api/checkout", `{"product_id": "small", "provider": "creem"}`, 0)
	assert.Equal(t, "https://creem.io/checkout/1", checkout["url"])
	assert.Equal(t, checkout["order_no"], s.outside.creem[0]["request_id"])
	order, err = orders.Get(t.Context(), s.db, orders.GetParams{OrderNo: checkout["order_no"].(string)})
	require.NoError(t, err)
	deliver(at(chameleontest.CreemRequest(t, chameleontest.CreemCheckoutCompleted(order), "creem_secret"), "/api/pay/notify/creem"), http.StatusOK)
	order, err = orders.Get(t.Context(), s.db, orders.GetParams{OrderNo: order.OrderNo})
	require.NoError(t, err)
	deliver(at(chameleontest.CreemRequest(t, chameleontest.CreemRefundCreated(order, 999), "creem_secret"), "/api/pay/notify/creem"), http.StatusOK)
	assert.InDelta(t, 1100, ada.available(), 0)

	_, message := ada.call("/api/checkout", `{"product_id": "gold", "provider": "stripe"}`, http.StatusBadRequest)
	assert.Equal(t, "invalid product_id: names no product", message)
	_, message = ada.call("/api/checkout", `{"product_id": "pro", "provider": "cash"}`, http.StatusBadRequest)
	assert.Equal(t, "invalid provider: is neither stripe nor creem", message)
	ada.header.Del("Idempotency-Key")
	ada.call("/api/checkout", `{"product_id": "pro", "provider": "stripe"}`, 0)
	assert.Equal(t, "subscription", s.outside.checkouts[2].Get("mode"))
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.browser(), s.browser()
	ada.signIn("google", "ada@example.com", true)
	bob.signIn("google", "bob@example.com", true)
	info, _ := bob.call("/api/get-user-info", "", 0)
	user := info["user"].(map[string]any)["uuid"].(string)
	chameleontest.PaidOrder(t, s.db, user)

	status, _ := bob.visit("/admin")
	assert.Equal(t, http.StatusUnauthorized, status)
	bob.call("/api/admin/stats", "", http.StatusUnauthorized)
	stats, _ := ada.call("/api/admin/stats", "", 0)
	assert.InDelta(t, 2, stats["users"].(map[string]any)["users"], 0)

	_, page := ada.visit("/admin")
	assert.Contains(t, page, "bob@example.com")
	assert.Contains(t, page, "Sign-ups of 90 days: 2")
	assert.Contains(t, page, "Revenue of 90 days: 9.99 USD")
	assert.Equal(t, 2*90, strings.Count(page, "<rect "))
	_, page = ada.visit("/admin?q=ada%40")
	assert.NotContains(t, page, "bob@example.com")

	account := "/admin/accounts/" + user
	_, page = ada.visit(account)
	assert.Contains(t, page, "grant order_pay")
	_, key, _ := strings.Cut(page, `name="key" value="`)
	key, _, _ = strings.Cut(key, `"`)
	form := url.Values{"amount": {"-40"}, "key": {key}}.Encode()
	for range 2 { // the button twice
		status, page = ada.send(http.MethodPost, account, form)
		require.Equal(t, http.StatusOK, status, page)
	}
	assert.Contains(t, page, "-40")
	chameleontest.AssertBalance(t, s.db, user, 100+500-40)
	status, _ = bob.send(http.MethodPost, account, form)
	assert.Equal(t, http.StatusUnauthorized, status)

	ada.header.Set("Origin", "https://evil.example")
	ada.header.Set("Sec-Fetch-Site", "cross-site")
	status, _ = ada.send(http.MethodPost, account, form)
	assert.Equal(t, http.StatusForbidden, status)
	forged := s.browser()
	forged.header.Set("Cookie", "session="+strings.Repeat("a", 20)+".9999999999.bad")
	status, _ = forged.visit("/admin")
	assert.Equal(t, http.StatusUnauthorized, status)
}
