package schema

import (
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// scriptLockWait is how long a statement of a script waits for a table, in seconds.
const scriptLockWait = "5"

// SQL is the plan as one script, for a migration tool of your own: a statement a line,
// each ended by a semicolon. After it a push finds nothing missing. It makes no record,
// which your tool keeps, so that [Undo] knows nothing of it: InverseSQL takes it back.
//
// On PostgreSQL and SQLite all is one transaction, but for PostgreSQL's indexes of large
// tables, which CREATE INDEX CONCURRENTLY builds behind it: a tool that puts a script into
// a transaction of its own has to be told to leave these out of it.
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

// InverseSQL is the script that takes SQL back. It drops what SQL made with all that is
// in it by then, and asks nobody.
func (r *PlanReport) InverseSQL() string {
	var statements []string
	for _, c := range slices.Backward(r.Changes) {
		statements = append(statements, c.Reverse...)
	}
	return r.script(statements, nil)
}

// script frames statements as the engine makes them as one.
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
