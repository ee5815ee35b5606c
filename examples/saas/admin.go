package main

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

//go:embed pages
var pageFiles embed.FS

func pages() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{"money": money}).ParseFS(pageFiles, "pages/*.html")
}

// page shows what a handler returns by the template of a name, to administrators.
func (a *app) page(h func(r *http.Request) (name string, data any, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user := a.session(r)
		if user == "" || !a.isAdmin(r, user) {
			refuse(w, apikeys.ErrUnauthenticated)
			return
		}
		name, data, err := h(r)
		if err != nil {
			refuse(w, err)
			return
		}
		if name == "" {
			http.Redirect(w, r, "/admin/accounts/"+url.PathEscape(r.PathValue("user")), http.StatusSeeOther)
			return
		}
		show(w, name, data)
	}
}

func show(w http.ResponseWriter, name string, data any) {
	all, err := pages()
	var text bytes.Buffer
	if err == nil {
		err = all.ExecuteTemplate(&text, name, data)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	_, _ = text.WriteTo(w) // a browser that has gone reads nothing
}

// overview is what the administrator's page shows.
type overview struct {
	Query   string
	Users   *list.Page[users.User]
	Orders  *list.Page[orders.Order]
	Count   *users.CountResult
	Credits *credits.StatsResult
	Made    map[generations.Status]int64
	Charts  []chart
}

func (a *app) adminPage(r *http.Request) (string, any, error) {
	o, err := a.overview(r)
	return "admin.html", o, err
}

// adminStats is the same as JSON, without the lists.
func (a *app) adminStats(r *http.Request, _ string) (any, error) {
	o, err := a.overview(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"users": o.Count, "credits": o.Credits, "generations": o.Made}, nil
}

func (a *app) overview(r *http.Request) (*overview, error) {
	ctx, o := r.Context(), &overview{Query: r.FormValue("q")}
	signUps, err := users.SignUpsPerDay(ctx, a.db, users.SignUpsPerDayParams{})
	if err != nil {
		return nil, err
	}
	revenue, err := orders.Revenue(ctx, a.db, orders.RevenueParams{})
	if err != nil {
		return nil, err
	}
	o.Charts = append(revenueCharts(revenue), signUpChart(signUps))
	if o.Query != "" {
		o.Users, err = users.Search(ctx, a.db, users.SearchParams{Query: o.Query})
	} else {
		o.Users, err = users.List(ctx, a.db, users.ListParams{})
	}
	if err != nil {
		return nil, err
	}
	if o.Orders, err = orders.ListAll(ctx, a.db, orders.ListAllParams{Status: orders.Status(r.FormValue("status"))}); err != nil {
		return nil, err
	}
	if o.Count, err = users.Count(ctx, a.db, users.CountParams{}); err != nil {
		return nil, err
	}
	if o.Credits, err = credits.Stats(ctx, a.db, credits.StatsParams{}); err != nil {
		return nil, err
	}
	o.Made, err = generations.CountByStatus(ctx, a.db, generations.CountParams{})
	return o, err
}

// account is a user with their statement.
type account struct {
	*users.GetWithCreditsResult
	Statement *list.Page[credits.StatementLine]
	// FormKey makes sending the form twice one adjustment.
	FormKey string
}

func (a *app) accountPage(r *http.Request) (string, any, error) {
	user := r.PathValue("user")
	found, err := users.GetWithCredits(r.Context(), a.db, users.GetWithCreditsParams{UserUUID: user})
	if err != nil {
		return "", nil, err
	}
	statement, err := credits.Statement(r.Context(), a.db, credits.StatementParams{UserUUID: user, Cursor: r.FormValue("cursor")})
	return "account.html", account{found, statement, rand.Text()}, err
}

// adjust adds credits to an account or takes some, once for each time that the form was
// shown.
func (a *app) adjust(r *http.Request) (string, any, error) {
	amount, err := strconv.ParseInt(r.FormValue("amount"), 10, 64)
	if err != nil {
		return "", nil, &dialect.InvalidError{Field: "amount", Problem: "is not a number"}
	}
	_, err = credits.Adjust(r.Context(), a.db, credits.AdjustParams{
		UserUUID: r.PathValue("user"), Amount: amount, Key: "admin:" + r.FormValue("key"),
	})
	return "", nil, err
}

// home is the page of everybody.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	var found *users.GetWithCreditsResult
	if user := a.session(r); user != "" {
		var err error
		found, err = users.GetWithCredits(r.Context(), a.db, users.GetWithCreditsParams{UserUUID: user})
		if err != nil {
			refuse(w, err)
			return
		}
	}
	show(w, "home.html", map[string]any{"Account": found, "Products": a.products})
}
