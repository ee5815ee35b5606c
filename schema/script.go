package schema

import (
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// scriptLockWait is how long a statement of a script waits for a table, in seconds.
const scriptLockWait = "5"

// SQL is the plan as one script for another migration tool: one statement per line,
// each ended by a semicolon. Afterwards, a push finds nothing missing. It keeps no
// record, which is the tool's job, so [Undo] does not know about it; InverseSQL
// reverses it.
//
// On PostgreSQL and SQLite everything is one transaction, except PostgreSQL's indexes
// of large tables, which CREATE INDEX CONCURRENTLY builds after it: a tool that runs
// scripts in a transaction must be told to run these outside of it.
func (r *PlanReport) SQL() string {
	var before, behind []string
	for _, c := range r.Changes {
		to := &before
		if c.Online && r.Engine == dialect.PostgreSQL {
			to = &behind
		}
		if c.Clears != "" {
			*to = append(*to, c.Clears)
		}
		*to = append(*to, c.Statement)
	}
	return r.script(before, behind)
}

// InverseSQL is the script that reverses SQL. It drops what SQL created, with all its
// contents, without asking.
func (r *PlanReport) InverseSQL() string {
	var statements []string
	for _, c := range slices.Backward(r.Changes) {
		statements = append(statements, c.Reverse...)
	}
	return r.script(statements, nil)
}

// script frames statements so that the engine runs them as one.
func (r *PlanReport) script(together, alone []string) string {
	eng, err := engineOf(r.Engine)
	if err != nil || len(together)+len(alone) == 0 {
		return ""
	}
	begin, commit, session := eng.frame()
	var b strings.Builder
	line := func(s string) {
		if s != "" {
			b.WriteString(s + ";\n")
		}
	}
	line(session)
	if len(together) > 0 {
		line(begin)
		for _, s := range together {
			line(s)
		}
		line(commit)
	}
	for _, s := range alone {
		line(s)
	}
	return b.String()
}
