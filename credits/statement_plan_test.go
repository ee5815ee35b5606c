package credits_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// fillForPlans writes some thousands of entries: one account with most of
// them, and others.
func fillForPlans(t *testing.T, env *enginetest.Env) {
	t.Helper()
	for batch := range 4 {
		ops := make([]credits.Op, 0, credits.MaxBatch)
		for i := range credits.MaxBatch / 2 {
			at := historyStart.Add(time.Duration(batch*1000+i) * time.Minute)
			user := readerUUID
			if i%4 == 0 {
				user = fmt.Sprintf("0190a000-0000-7000-8000-0000000%05d", 10+i)
			}
			ops = append(ops, credits.GrantParams{
				UserUUID: user, Amount: 2, Type: "bonus", At: at,
				ExpiresAt: historyStart.AddDate(0, 6, i).Add(time.Duration(batch) * time.Hour),
			}, credits.ChargeParams{UserUUID: user, Amount: 1, At: at})
		}
		_, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
		require.NoError(t, err)
	}
	for _, table := range []string{"credits", "credits_trans", "credits_lots"} {
		analyze := "ANALYZE " + table
		if env.Engine == dialect.MySQL || env.Engine == dialect.MariaDB {
			analyze = "ANALYZE TABLE " + table
		}
		_, err := env.DB.ExecContext(t.Context(), analyze)
		require.NoError(t, err)
	}
}

// halves are what a page of history is made of: one of the live table, one of the
// archive. Only the few rows that these leave are sorted together.
func halves(query string) []string {
	live, archive, ok := strings.Cut(query, ") AS live UNION ALL SELECT * FROM (")
	if !ok {
		return []string{query}
	}
	archive, _, _ = strings.Cut(archive, ") AS archived ORDER BY")
	return []string{live[strings.Index(live, "FROM (SELECT * FROM (")+len("FROM (SELECT * FROM ("):], archive}
}

func TestReadsUseTheirIndexes(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.ReadsSmallTables() {
			t.Skip("the planner scans tables of this size")
		}
		fillForPlans(t, env)
		logged, log := env.Record(t)
		statement := func(p credits.StatementParams) func() error {
			return func() error {
				p.UserUUID = readerUUID
				page, err := credits.Statement(t.Context(), logged, p)
				if err == nil && page.Next != "" {
					p.Cursor = page.Next
					_, err = credits.Statement(t.Context(), logged, p)
				}
				return err
			}
		}
		middle := historyStart.Add(1000 * time.Minute)
		window := credits.ExpiringSoonParams{At: historyStart.AddDate(0, 0, 3), To: historyStart.AddDate(3, 0, 0)}
		windowOf := window
		windowOf.UserUUID = readerUUID
		expiring := func(p credits.ExpiringSoonParams) func() error {
			return func() error {
				page, err := credits.ExpiringSoon(t.Context(), logged, p)
				if err == nil {
					require.NotEmpty(t, page.Next)
					p.Cursor = page.Next
					_, err = credits.ExpiringSoon(t.Context(), logged, p)
				}
				return err
			}
		}
		for name, read := range map[string]struct {
			run   func() error
			index string
		}{
			"newest first": {statement(credits.StatementParams{}), "credits_trans_seq_unique"},
			"oldest first": {statement(credits.StatementParams{OldestFirst: true}), "credits_trans_seq_unique"},
			"period":       {statement(credits.StatementParams{From: middle, To: middle.Add(time.Hour * 9)}), "credits_trans_at_us_idx"},
			"expiring":     {expiring(window), "credits_lots_expires_us_idx"},
			"expiring of":  {expiring(windowOf), "credits_lots_burn_idx"},
		} {
			require.NoError(t, read.run(), name)
			queries := log.Literals()
			require.NotEmpty(t, queries)
			plans := ""
			for _, query := range queries {
				plan := env.Explain(t, query)
				plans += plan
				if name == "expiring" && env.ScansCoveringIndexes() {
					continue
				}
				for _, table := range []string{"t", "n", "credits_trans", "credits_trans_archive", "credits_lots"} {
					require.False(t, env.Scans(plan, table), "%s: %s\n%s", name, query, plan)
				}
				// Legacy rows have no index by time; a page of grants is sorted
				// again after its joins.
				if strings.Contains(query, "AS legacy") || strings.Contains(query, "AS l ") {
					continue
				}
				for _, half := range halves(query) {
					require.False(t, env.Sorts(env.Explain(t, half)), "%s: %s", name, half)
				}
			}
			told := name != "expiring" || !env.ScansCoveringIndexes()
			if name == "period" { // it finds its numbers by a subquery
				told = env.PlansShowSubqueries()
			}
			if told {
				require.Contains(t, plans, read.index, name)
			}
		}
	})
}
