package doctor_test

import (
	"cmp"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestPooler: a pooler that the handle knows of, one that it does not, and none.
func TestPooler(t *testing.T) {
	t.Parallel()
	pooled := enginetest.PgBouncer(t)
	knows, err := chameleon.Open(t.Context(), pooled.URL)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, knows.Close()) })
	report := examine(t, knows, doctor.Params{})
	assert.True(t, report.Has("pooler"), report.Text())
	assert.False(t, report.Has("pooler_unknown"), report.Text())

	u, err := url.Parse(pooled.URL)
	require.NoError(t, err)
	u.RawQuery = "sslmode=disable&default_query_exec_mode=exec"
	report = examine(t, open(t, "pgx", u.String(), pgdialect.New()), doctor.Params{})
	assert.True(t, report.Has("pooler_unknown"), report.Text())
	assert.False(t, report.Has("pooler"), report.Text())

	report = examine(t, pooled.Direct.DB, doctor.Params{})
	assert.False(t, report.Has("pooler") || report.Has("pooler_unknown"), report.Text())
}

// TestSlowQueries: statements on our tables are told of, without values, and why none
// could be where a server keeps no statistics.
func TestSlowQueries(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine != dialect.PostgreSQL {
			why := map[dialect.Engine]string{dialect.SQLite: "SQLite keeps no statistics"}[env.Engine]
			report := examine(t, env.DB, doctor.Params{})
			at := slices.IndexFunc(report.Checks, func(c doctor.Check) bool { return c.Name == "slow queries" })
			require.NotEqual(t, -1, at)
			if skipped := report.Checks[at].Skipped; skipped != "" { // a server of one's own may keep them
				assert.Contains(t, skipped, cmp.Or(why, "performance_schema = ON"))
			}
			return
		}
		// What the extension shows, which has to be loaded when a server starts.
		exec(t, env.DB, "CREATE TABLE pg_stat_statements (query text, dbid oid, mean_exec_time float8, calls bigint, total_exec_time float8)",
			`INSERT INTO pg_stat_statements SELECT q, d.oid, ms, 3, ms * 3 FROM pg_database AS d, (VALUES
				('SELECT id FROM orders WHERE pay_email = ''SECRET@example.com''', 2500), ('SELECT id FROM users', 999),
				('SELECT id FROM invoices_of_others', 9000), ('ALTER USER x PASSWORD ''SECRET'' -- orders', 9000)) AS s (q, ms)
			WHERE d.datname = current_database()`)
		report := examine(t, env.DB, doctor.Params{})
		var found []string
		for _, f := range report.Findings {
			if f.Code == "slow_query" {
				found = append(found, f.Problem)
			}
		}
		require.Len(t, found, 1, report.Text())
		assert.Contains(t, found[0], "takes 2.5s on average, over 3 calls: SELECT id FROM orders")
		assert.NotContains(t, report.Text(), "SECRET")
	})
}
