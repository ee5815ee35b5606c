package doctor_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

const password = "S3CRET@:/?#%[] é"

// TestRights: a user with some rights is told the others, by table; one whose limit
// of connections the pool passes is told that. Whoever is shut out is told by what.
func TestRights(t *testing.T) {
	t.Parallel()
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			limited := limitedUser(t, env)
			report, err := chameleon.Doctor(t.Context(), limited.String(), doctor.Params{})
			require.NoError(t, err)
			rights := map[string]string{}
			for _, f := range report.Findings {
				if f.Code == "right_missing" {
					assert.Equal(t, doctor.CasePermissionDenied, f.Case)
					for _, table := range []string{"credits_trans", "orders", "posts"} {
						if strings.HasSuffix(f.Problem, " on "+table) {
							rights[table], _, _ = strings.Cut(strings.TrimPrefix(f.Remedy, "GRANT "), " ON ")
						}
					}
				}
			}
			assert.Equal(t, map[string]string{"orders": "DELETE", "posts": "SELECT, INSERT, UPDATE, DELETE"}, rights, report.Text())
			assert.True(t, report.Has("pool_too_large") || report.Has("connections_near_limit"), report.Text())
			if engine == dialect.PostgreSQL {
				assert.True(t, report.Has("no_create"), report.Text())
			}
			shutOut(t, limited)
		})
	}
}

// limitedUser makes a user that may do all with credits_trans, not delete orders, and
// nothing with posts, on four connections at most.
func limitedUser(t *testing.T, env *enginetest.Env) *url.URL {
	t.Helper()
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	database := strings.TrimPrefix(u.Path, "/")
	name := "d_" + database[max(0, len(database)-20):]
	u.User = url.UserPassword(name, password)
	drop, to := "DROP USER "+name+"@'%'", name+"@'%'"
	if env.Engine == dialect.PostgreSQL {
		drop, to = "DROP OWNED BY "+name+"; DROP ROLE "+name, name
		exec(t, env.DB, "CREATE ROLE "+name+" LOGIN PASSWORD '"+password+"' CONNECTION LIMIT 4",
			"REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	} else {
		exec(t, env.DB, "CREATE USER "+to+" IDENTIFIED BY '"+password+"' WITH MAX_USER_CONNECTIONS 4")
	}
	t.Cleanup(func() { exec(t, env.DB, drop) })
	exec(t, env.DB, "GRANT SELECT, INSERT, UPDATE, DELETE ON credits_trans TO "+to, "GRANT SELECT, INSERT, UPDATE ON orders TO "+to)
	return u
}

// shutOut tries a wrong password and a database that is not there.
func shutOut(t *testing.T, u *url.URL) {
	t.Helper()
	wrong, none := *u, *u
	wrong.User = url.UserPassword(u.User.Username(), password+"2")
	none.Path = "/no_such_database"
	for where, want := range map[*url.URL][]string{
		&wrong: {"password_refused"}, &none: {"database_missing", "permission_denied"},
	} {
		report, err := chameleon.Doctor(t.Context(), where.String(), doctor.Params{})
		require.NoError(t, err)
		require.Len(t, report.Findings, 1)
		assert.Contains(t, want, report.Findings[0].Code, report.Text())
		assert.NotContains(t, report.Text(), "S3CRET")
		assert.NotEmpty(t, report.Findings[0].Remedy)
	}
}
