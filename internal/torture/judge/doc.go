// Package judge decides whether what clients were told, and what a database
// holds, fit one plain story. It reads the tables with SQL of its own and knows
// the rules of the ledger from its documentation; nothing of the library's
// judges here, but for Verify, which is judged itself.
package judge

import "fmt"

// Finding is one thing that does not fit.
type Finding struct {
	// Rule is the promise that was broken, in a few words.
	Rule string
	// Detail says where.
	Detail string
}

func (f Finding) String() string { return f.Rule + ": " + f.Detail }

// findings collects, with a bound: one broken page spoils all that follow.
type findings struct{ all []Finding }

const maxFindings = 200

func (f *findings) addf(rule, format string, args ...any) {
	if len(f.all) < maxFindings {
		f.all = append(f.all, Finding{rule, fmt.Sprintf(format, args...)})
	}
}
