package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// slowShown is how much of a statement a finding shows, in bytes.
const slowShown = 200

// slowQueries asks the server which statements on our tables take long on average.
func (e *exam) slowQueries(ctx context.Context) error {
	query, unit := slowPostgres, time.Millisecond
	const without = "the server keeps no statistics of statements that this user may read: "
	why := without + "pg_stat_statements (shared_preload_libraries, then CREATE EXTENSION) and the role pg_read_all_stats; the log has slow queries as they come"
	switch {
	case e.caps.Engine == dialect.SQLite:
		return skipped("SQLite keeps no statistics of statements; the log has slow queries as they come")
	case e.caps.IsMySQL():
		query, unit = slowMySQL, time.Nanosecond
		why = without + "performance_schema = ON, and SELECT on it; the log has slow queries as they come"
	}
	var found []struct {
		Text  string  `bun:"query"`
		Mean  float64 `bun:"mean"`
		Calls int64   `bun:"calls"`
	}
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		if e.caps.IsMySQL() {
			var on bool
			if err := q.NewRaw("SELECT @@performance_schema").Scan(ctx, &on); err != nil || !on {
				return skipped(why)
			}
		}
		if err := q.NewRaw(query, e.p.Slow.Seconds()).Scan(ctx, &found); err != nil {
			if unreachable(err) {
				return err
			}
			return skipped(why)
		}
		return nil
	})
	for _, s := range found {
		if !e.ours(s.Text) {
			continue
		}
		text := strings.Join(strings.Fields(handle.StripLiterals(e.caps.Engine, s.Text, slowShown)), " ")
		e.add(Finding{
			Code: "slow_query", Severity: Warning, Case: CaseSlowQueries,
			Problem: fmt.Sprintf("a statement takes %s on average, over %d calls: %s",
				time.Duration(s.Mean*float64(unit)).Round(time.Millisecond), s.Calls, shown.Line(text)),
			Remedy: "look at its plan (EXPLAIN), index the columns that it filters by, ask for fewer rows (a LIMIT), or cache what it returns",
		})
	}
	return err
}

// slowPostgres lists statements whose values are left out already, but for what the
// extension does not take apart: only those four verbs are shown.
const slowPostgres = "SELECT query, mean_exec_time AS mean, calls FROM pg_stat_statements " +
	"WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mean_exec_time >= ? * 1000 " +
	"AND query ~* '^\\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\\y' ORDER BY total_exec_time DESC LIMIT 20"

// slowMySQL lists digests, whose values are left out; timers count picoseconds.
const slowMySQL = "SELECT DIGEST_TEXT AS query, AVG_TIMER_WAIT / 1000 AS mean, COUNT_STAR AS calls " +
	"FROM performance_schema.events_statements_summary_by_digest " +
	"WHERE SCHEMA_NAME = DATABASE() AND DIGEST_TEXT IS NOT NULL AND AVG_TIMER_WAIT >= ? * 1000000000000 " +
	"ORDER BY SUM_TIMER_WAIT DESC LIMIT 20"

// ours reports whether a statement names a table of ours.
func (e *exam) ours(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return slices.ContainsFunc(words, e.has)
}
