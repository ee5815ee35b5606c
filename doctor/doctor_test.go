package doctor_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// ofTheServer are findings about servers of tests, which are made to be fast, and
// which others use at the same time.
var ofTheServer = []string{"commits_unsynced", "no_tls", "far_away", "connections_near_limit", "clock_off"}

// codes are those of a report, each once, without those of the server.
func codes(r *doctor.Report) []string {
	found := []string{}
	for _, f := range r.Findings {
		if !slices.Contains(ofTheServer, f.Code) {
			found = append(found, f.Code)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func examine(t *testing.T, db *bun.DB, p doctor.Params) *doctor.Report {
	t.Helper()
	p.Models = chameleon.Models()
	p.Timeout = time.Minute
	report, err := doctor.Run(t.Context(), db, p)
	require.NoError(t, err)
	for _, f := range report.Findings {
		assert.True(t, f.Severity.Valid(), f.Code)
		assert.True(t, f.Case == "" || f.Case.Valid(), f.Code)
		assert.NotEmpty(t, f.Problem, f.Code)
		assert.NotEmpty(t, f.Remedy, f.Code)
		assert.Contains(t, report.Text(), f.Problem)
	}
	return report
}

func exec(t *testing.T, db bun.IDB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), s)
		require.NoError(t, err, s)
	}
}

// TestFindings: a sound database has none; each fault that is made in it is found
// under its name, on every engine.
func TestFindings(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: "u", Key: "k", Type: "gift", Amount: 7})
		require.NoError(t, err)
		report := examine(t, env.DB, doctor.Params{})
		assert.Empty(t, codes(report), report.Text())
		assert.Equal(t, env.Engine, report.Engine)
		assert.NotEmpty(t, report.Version)

		longAgo := time.Now().Add(-48 * time.Hour).UTC().Format(time.DateTime)
		exec(t, env.DB,
			"UPDATE credits SET left_credits = 8, next_event_us = 1",
			"INSERT INTO credits_trans (user_uuid, trans_type, credits, created_at) VALUES ('old', 'ping', 1, '"+longAgo+"')",
			"INSERT INTO generations (gen_id, user_uuid, ai_type, provider, model, prompt, status, credits_cost, created_at) "+
				"VALUES ('gen_x', 'u', 'image', 'p', 'm', 'x', 'pending', 0, '"+longAgo+"')",
			"INSERT INTO ai_provider_keys (provider_name, api_key) VALUES ('openai', 'sk-SECRET')",
			"INSERT INTO apikeys ("+quoted(env, "key")+", user_uuid) VALUES ('plain-SECRET', 'u')",
			fmt.Sprintf("INSERT INTO posts (id, uuid, slug, locale, title) VALUES (%d, 'p', 's', 'en', 't')", int64(math.MaxInt64-1)),
			"DROP TABLE feedbacks", dropIndex(env, "orders", "orders_pay_ref_idx"),
			"ALTER TABLE users DROP COLUMN avatar_url",
		)
		holding(t, env)
		report = examine(t, env.DB, doctor.Params{LongTransaction: time.Microsecond, At: time.Now().Add(24 * time.Hour)})
		want := []string{
			"column_missing", "ids_near_end", "index_missing", "ledger_breach", "overdue", "plaintext_api_keys",
			"plaintext_provider_keys", "stuck_generations", "table_missing", "unadopted",
		}
		if env.Engine != dialect.SQLite {
			want = append(want, "clock_wrong", "long_transaction")
		}
		if strings.Contains(report.Text(), "cannot show (3854)") { // what other tests run at that moment
			want = slices.DeleteFunc(want, func(code string) bool { return code == "long_transaction" })
		}
		slices.Sort(want)
		assert.Equal(t, want, codes(report), report.Text())
		assert.NotContains(t, report.Text(), "SECRET")
		assert.Equal(t, doctor.Error, report.Worst())
		assert.Equal(t, doctor.Error, report.Findings[0].Severity, "the most urgent first")
	})
}

func quoted(env *enginetest.Env, name string) string {
	return env.DB.NewRaw("?", bun.Ident(name)).String()
}

func dropIndex(env *enginetest.Env, table, index string) string {
	if dialect.Of(env.DB).IsMySQL() {
		return "DROP INDEX " + index + " ON " + table
	}
	return "DROP INDEX " + index
}

// holding keeps a transaction open to the test's end. SQLite has one writer, which
// the examination wants, too.
func holding(t *testing.T, env *enginetest.Env) {
	t.Helper()
	if env.Engine == dialect.SQLite {
		return
	}
	tx, err := env.DB.BeginTx(context.WithoutCancel(t.Context()), &sql.TxOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	exec(t, tx, "UPDATE credits SET updated_at = updated_at")
}
