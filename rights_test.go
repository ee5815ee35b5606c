package chameleon_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// rightsSection is what docs/operations.md says of rights.
func rightsSection(t testing.TB) string {
	t.Helper()
	doc, err := os.ReadFile("docs/operations.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(doc), "### Rights\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	return strings.Join(strings.Fields(section), " ")
}

// deleteRights are the tables on which docs/operations.md grants DELETE: to
// whoever serves requests, and to whoever rebuilds.
func deleteRights(t testing.TB) (serving, rebuilding []string) {
	t.Helper()
	_, rest, found := strings.Cut(rightsSection(t), "SELECT, INSERT and UPDATE on all tables, and DELETE on ")
	require.True(t, found)
	first, rest, _ := strings.Cut(rest, ". ")
	_, rest, found = strings.Cut(rest, "needs DELETE on ")
	require.True(t, found)
	second, _, _ := strings.Cut(rest, " as well")
	named := func(text string) (tables []string) {
		for _, word := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(text, -1) {
			tables = append(tables, word[1])
		}
		return tables
	}
	return named(first), named(second)
}

// withDocumentedRights is the database as an account sees it that has the rights
// of docs/operations.md, those of a rebuild included.
func withDocumentedRights(t testing.TB, env *enginetest.Env) *enginetest.Env {
	t.Helper()
	serving, rebuilding := deleteRights(t)
	return env.As(t, append(grants(env, "SELECT, INSERT, UPDATE", allTables(t, env)),
		grants(env, "DELETE", slices.Concat(serving, rebuilding))...)...)
}

// grants are statements that grant rights on tables.
func grants(env *enginetest.Env, rights string, tables []string) []string {
	statements := make([]string, 0, len(tables)+1)
	if env.Engine == dialect.PostgreSQL {
		statements = append(statements, "GRANT USAGE ON SCHEMA public TO {role}")
	}
	for _, table := range tables {
		statements = append(statements, "GRANT "+rights+" ON "+table+" TO {role}")
	}
	return statements
}

// allTables are the tables of a push.
func allTables(t testing.TB, env *enginetest.Env) []string {
	t.Helper()
	var names []string
	tables := env.DB.Dialect().Tables()
	for _, model := range chameleon.Models() {
		names = append(names, tables.Get(reflect.TypeOf(model).Elem()).Name)
	}
	return names
}

// TestReadersNeedSelect: who only reads needs no other right.
func TestReadersNeedSelect(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB)
		no := buy(t, env.DB, orders.CreateParams{UserUUID: u.UUID})
		pay(t, env.DB, no, lastDay)
		reader := env.As(t, grants(env, "SELECT", allTables(t, env))...).DB
		ctx := t.Context()
		assert.EqualValues(t, 1100, ok(credits.Balance(ctx, reader, credits.BalanceParams{UserUUID: u.UUID, At: lastDay}))(t).Available)
		assert.Len(t, ok(credits.Statement(ctx, reader, credits.StatementParams{UserUUID: u.UUID}))(t).Items, 2)
		ok(credits.ExpiringSoon(ctx, reader, credits.ExpiringSoonParams{At: lastDay}))(t)
		ok(credits.Stats(ctx, reader, credits.StatsParams{}))(t)
		assert.Len(t, ok(users.List(ctx, reader, users.ListParams{}))(t).Items, 1)
		assert.Len(t, ok(orders.ListAll(ctx, reader, orders.ListAllParams{Limit: list.MaxLimit}))(t).Items, 1)
		ok(orders.Revenue(ctx, reader, orders.RevenueParams{}))(t)
		assert.True(t, ok(audit.Verify(ctx, reader, audit.VerifyParams{}))(t).OK())
		assert.Len(t, ok(audit.ExportHeads(ctx, reader, audit.ExportHeadsParams{}))(t).Items, 1)
		if env.Engine != dialect.SQLite { // which has no rights
			_, err := credits.Charge(ctx, reader, credits.ChargeParams{UserUUID: u.UUID, Amount: 1})
			require.ErrorIs(t, err, dialect.ErrPermission)
		}
	})
}

// TestPushRights: a push needs no rights but those of docs/operations.md, on an
// empty database, again, and beside tables of its own that lack an index and a column.
func TestPushRights(t *testing.T) {
	t.Parallel()
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		section, grants := rightsSection(t), []string{"GRANT USAGE, CREATE ON SCHEMA public TO {role}"}
		require.Contains(t, section, "| makes the push | USAGE and CREATE on the schema;")
		if env.Engine != dialect.PostgreSQL {
			grants = []string{
				"GRANT SELECT, CREATE, ALTER, INDEX ON * TO {role}",
				"GRANT CREATE, INSERT, UPDATE ON chameleon_pushes TO {role}",
			}
			require.Contains(t, section, "| SELECT, CREATE, ALTER, INDEX on the database; CREATE, INSERT, UPDATE on `chameleon_pushes` |")
		}
		pusher := env.As(t, grants...).DB
		made := ok(chameleon.Push(t.Context(), pusher))(t)
		assert.NotEmpty(t, made.Changes)
		assert.Empty(t, ok(chameleon.Push(t.Context(), pusher))(t).Changes)
		drop := "DROP INDEX orders_order_no_unique"
		if env.Engine == dialect.MySQL || env.Engine == dialect.MariaDB {
			drop += " ON orders"
		}
		run(t, env.DB, drop, "ALTER TABLE users DROP COLUMN nickname")
		assert.Len(t, ok(chameleon.Push(t.Context(), pusher))(t).Changes, 2)
	})
}
