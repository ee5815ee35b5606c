package enginetest

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chameleon-go/chameleon/dialect"
)

// ReadsSmallTables reports that the engine's planner takes a scan and a sort of
// a table of a few thousand rows to be cheaper than the index that serves a
// page of it. MariaDB counts the cost of reads anew since version 11; before,
// a test of plans would have to fill millions of rows.
func (e *Env) ReadsSmallTables() bool {
	return e.Engine == dialect.MariaDB && strings.HasPrefix(e.Version, "10.")
}

// querier is a handle or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Explain returns the steps of the engine's plan of a query, a line each.
func (e *Env) Explain(t testing.TB, query string) string {
	t.Helper()
	return e.explain(t, e.DB.DB, query)
}

// ExplainOfMany is Explain as if a table were large, with none of its rows worth a scan:
// it asks whether an index could serve the statement. PostgreSQL reckons the rows of a
// table that nothing was analyzed of by its pages, and MySQL the cost of some pages of
// short rows; both read it whole then, and rightly.
func (e *Env) ExplainOfMany(t testing.TB, query, table string) string {
	t.Helper()
	switch e.Engine {
	case dialect.PostgreSQL:
		return e.explainByIndex(t, query)
	case dialect.MySQL, dialect.MariaDB:
		from := regexp.MustCompile("(FROM `?" + table + "`? AS `?\\w+`?)( |$)")
		return e.Explain(t, from.ReplaceAllString(query, "$1 FORCE INDEX ("+e.indexesOf(t, table)+")$2"))
	}
	return e.Explain(t, query)
}

func (e *Env) explainByIndex(t testing.TB, query string) string {
	t.Helper()
	tx, err := e.DB.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, way := range []string{"seqscan", "bitmapscan", "sort"} {
		if _, err := tx.ExecContext(t.Context(), "SET LOCAL enable_"+way+" = off"); err != nil {
			t.Fatal(err)
		}
	}
	return e.explain(t, tx, query)
}

// indexesOf lists a table's indexes on MySQL and MariaDB.
func (e *Env) indexesOf(t testing.TB, table string) string {
	t.Helper()
	var names string
	err := e.DB.DB.QueryRowContext(t.Context(), "SELECT GROUP_CONCAT(DISTINCT index_name SEPARATOR '`, `') FROM information_schema.statistics "+
		"WHERE table_schema = DATABASE() AND table_name = ?", table).Scan(&names)
	if err != nil {
		t.Fatal(err)
	}
	return "`" + names + "`"
}

func (e *Env) explain(t testing.TB, on querier, query string) string {
	t.Helper()
	prefix := "EXPLAIN "
	switch e.Engine {
	case dialect.SQLite:
		prefix = "EXPLAIN QUERY PLAN "
	case dialect.MySQL:
		prefix = "EXPLAIN FORMAT=TRADITIONAL "
	}
	rows, err := on.QueryContext(t.Context(), prefix+query)
	if err != nil {
		t.Fatalf("explain %s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(e.step(columns, values) + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// step is a step of a plan. TiDB's is the step and what it reads.
func (e *Env) step(columns []string, values []any) string {
	var b strings.Builder
	for i, value := range values {
		if text, ok := value.([]byte); ok {
			value = string(text)
		}
		values[i] = value
		fmt.Fprintf(&b, "%s=%v ", columns[i], value)
	}
	if !e.IsTiDB() {
		return b.String()
	}
	step, _, _ := strings.Cut(strings.TrimLeft(fmt.Sprint(values[0]), " │├└─"), "_")
	return fmt.Sprintf("%s %v,", step, values[3])
}

// Scans reports whether a plan reads the table of this name or alias from end to end.
// That MySQL may read a whole index is no sign of it: of a list it reads a page.
func (e *Env) Scans(plan, table string) bool {
	var marks []string
	switch {
	case e.Engine == dialect.PostgreSQL:
		return regexp.MustCompile(`Seq Scan on (\w+ )?` + table + `\s`).MatchString(plan)
	case e.Engine == dialect.SQLite:
		marks = []string{"SCAN " + table + " "}
	case e.IsTiDB():
		marks = []string{"TableFullScan table:" + table + ",", "IndexFullScan table:" + table + ","}
	default:
		marks = []string{"table=" + table + " type=ALL", "table=" + table + " type=index ", "table=" + table + " partitions=<nil> type=ALL"}
	}
	return slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(plan, mark) })
}

// Uses reports whether a plan reads an index whose name matches a regular expression:
// not whether the engine might have taken it, which MySQL says too.
func (e *Env) Uses(plan, index string) bool {
	plan = regexp.MustCompile(`possible_keys=\S*`).ReplaceAllString(plan, "")
	return regexp.MustCompile(index).MatchString(plan)
}

// Sorts reports whether a plan sorts.
func (e *Env) Sorts(plan string) bool {
	switch {
	case e.Engine == dialect.PostgreSQL:
		return strings.Contains(plan, "Sort Key")
	case e.Engine == dialect.SQLite:
		return strings.Contains(plan, "USE TEMP B-TREE")
	case e.IsTiDB():
		return strings.Contains(plan, "TopN")
	}
	return strings.Contains(plan, "Using filesort")
}
