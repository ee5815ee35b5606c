package enginetest

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// As returns the database as a new user sees it, who has the rights that the
// statements grant to {role} and no others. The user is dropped when the test ends.
// SQLite has no users: there it is e.
func (e *Env) As(t testing.TB, grants ...string) *Env {
	t.Helper()
	if e.Engine == dialect.SQLite {
		return e
	}
	own, err := url.Parse(e.URL)
	if err != nil {
		t.Fatalf("the database's URL: %v", err)
	}
	name, password := "role_"+strings.ToLower(rand.Text()[:16]), rand.Text()
	role, create, drop := "'"+name+"'@'%'", "CREATE USER {role} IDENTIFIED BY '"+password+"'", []string{"DROP USER {role}"}
	if e.Engine == dialect.PostgreSQL {
		role, create = name, "CREATE ROLE {role} LOGIN PASSWORD '"+password+"'"
		drop = []string{"DROP OWNED BY {role}", "DROP ROLE {role}"}
	}
	e.admin(t.Context(), t, role, append([]string{create}, grants...))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout) // the test's context has ended
		defer cancel()
		e.admin(ctx, t, role, drop)
	})
	own.User = url.UserPassword(name, password)
	as := *e
	as.URL = own.String()
	as.DB = as.Open(t)
	return &as
}

// admin performs statements as the user who may do anything, with role for {role}.
func (e *Env) admin(ctx context.Context, t testing.TB, role string, statements []string) {
	t.Helper()
	db, err := engines.OpenAdmin(e.Engine, e.URL)
	if err != nil {
		t.Fatalf("administer: %v", err)
	}
	defer func() { _ = db.Close() }()
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, strings.ReplaceAll(statement, "{role}", role)); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
