package enginetest

import (
	"strings"
	"testing"

	"github.com/chameleon-go/chameleon/dialect"
)

// What TiDB does not do as MySQL does, beside the capabilities of its dialect.
// It stands in MySQL's place where CHAMELEON_TEST_MYSQL_URL names one.

// IsTiDB reports whether TiDB answers MySQL's protocol.
func (e *Env) IsTiDB() bool { return dialect.Of(e.DB).IsTiDB() }

// ReadsSnapshotsDownward reports whether an index that is read backward
// shows no more than the transaction's snapshot has. TiDB's in-memory store, which
// it has for tests, shows what others have committed since, and TiDB then misses
// the rows that belong to it (error 8133). TiKV has no such fault.
func (e *Env) ReadsSnapshotsDownward(t testing.TB) bool {
	t.Helper()
	if !e.IsTiDB() {
		return true
	}
	var about string
	if err := e.DB.QueryRowContext(t.Context(), "SELECT tidb_version()").Scan(&about); err != nil {
		t.Fatalf("ask TiDB for its store: %v", err)
	}
	return !strings.Contains(about, "Store: unistore")
}

// PlansShowSubqueries reports whether a plan shows how a subquery is read that
// depends on nothing around it. TiDB performs it while it plans.
func (e *Env) PlansShowSubqueries() bool { return !e.IsTiDB() }

// ScansCoveringIndexes reports that the planner takes a scan of an index with all
// the columns that are asked for to be cheaper, in a table of some thousand rows,
// than a range of another index.
func (e *Env) ScansCoveringIndexes() bool { return e.IsTiDB() }
