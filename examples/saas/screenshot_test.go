package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// TestScreenshots draws the pages of a product with three months of history in headless
// Chromium, and keeps the pictures in docs. `make screenshots` runs it.
func TestScreenshots(t *testing.T) {
	into := os.Getenv("CHAMELEON_SCREENSHOTS")
	if into == "" {
		t.Skip("run by `make screenshots`")
	}
	s := newSite(t)
	busiest := history(t, s.db)
	ada := s.browser()
	ada.signIn("google", "ada@example.com", true)
	site, err := url.Parse(s.url)
	require.NoError(t, err)
	// Chromium comes without a session: the pages are shown to it as to Ada.
	asAda := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, cookie := range ada.Jar.Cookies(site) {
			r.AddCookie(cookie)
		}
		s.handler.ServeHTTP(w, r)
	}))
	t.Cleanup(asAda.Close)
	for name, page := range map[string]struct {
		path   string
		height int
	}{
		"saas-home.png":    {"/", 420},
		"saas-admin.png":   {"/admin", 1900},
		"saas-account.png": {"/admin/accounts/" + busiest, 900},
	} {
		file := filepath.Join(into, name)
		draw := exec.CommandContext(t.Context(), "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
			"--user-data-dir="+t.TempDir(), "--screenshot="+file, "--window-size=1000,"+strconv.Itoa(page.height), asAda.URL+page.path)
		out, err := draw.CombinedOutput()
		require.NoError(t, err, string(out))
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Greater(t, info.Size(), int64(10_000), "an empty page")
	}
}

// history is what customers did in three months, and returns the user with most of it.
func history(t *testing.T, db *bun.DB) string {
	t.Helper()
	today := time.Now().UTC().Truncate(24 * time.Hour)
	var busiest string
	for day := 89; day >= 0; day-- {
		at := today.AddDate(0, 0, -day)
		for i := range 1 + (89-day)/30 + day%3 {
			user := chameleontest.User(t, db, func(p *users.CreateParams) {
				p.At, p.Email = at, fmt.Sprintf("customer%d.%d@example.com", 90-day, i)
				p.Nickname = fmt.Sprintf("Customer %d.%d", 90-day, i)
			})
			if busiest == "" {
				busiest = user.UUID
			}
			if (day+i)%2 == 0 {
				sale(t, db, user.UUID, at, int64(999+1000*(day%4)))
			}
			charge(t, db, user.UUID, at, int64(5+day%20))
			charge(t, db, busiest, at, 1)
		}
	}
	return busiest
}

func sale(t *testing.T, db *bun.DB, user string, at time.Time, amount int64) {
	t.Helper()
	order, err := orders.Create(t.Context(), db, orders.CreateParams{
		UserUUID: user, ProductID: "small", ProductName: "1,000 credits", Amount: amount, Currency: "USD",
		PayType: orders.PayTypeStripe, Credits: 1000, At: at,
	})
	require.NoError(t, err)
	_, err = orders.MarkPaid(t.Context(), db, orders.MarkPaidParams{OrderNo: order.Order.OrderNo, At: at})
	require.NoError(t, err)
}

func charge(t *testing.T, db *bun.DB, user string, at time.Time, amount int64) {
	t.Helper()
	_, err := credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: user, Amount: amount, At: at})
	if err != nil {
		require.ErrorIs(t, err, credits.ErrInsufficient)
	}
}
