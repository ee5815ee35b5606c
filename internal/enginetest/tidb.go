package enginetest

import "github.com/chameleon-go/chameleon/dialect"

// What TiDB does not do as MySQL does, beside the capabilities of its dialect.
// It stands in MySQL's place where CHAMELEON_TEST_MYSQL_URL names one.

// IsTiDB reports whether TiDB answers MySQL's protocol.
func (e *Env) IsTiDB() bool { return dialect.Of(e.DB).IsTiDB() }

// PlansShowSubqueries reports whether a plan shows how a subquery is read that
// depends on nothing around it. TiDB performs it while it plans.
func (e *Env) PlansShowSubqueries() bool { return !e.IsTiDB() }

// ScansCoveringIndexes reports that the planner takes a scan of an index with all
// the columns that are asked for to be cheaper, in a table of some thousand rows,
// than a range of another index.
func (e *Env) ScansCoveringIndexes() bool { return e.IsTiDB() }
