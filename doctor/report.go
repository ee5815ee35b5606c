package doctor

import (
	"slices"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// Severity is how urgent a finding is.
type Severity string

// The severities.
const (
	// Info is worth knowing, and may be as it is meant to be.
	Info Severity = "info"
	// Warning works now, and may not tomorrow.
	Warning Severity = "warning"
	// Error does not work, or must not stay so.
	Error Severity = "error"
)

// Valid reports whether s is one of the severities.
func (s Severity) Valid() bool { return s.rank() > 0 }

func (s Severity) rank() int { return slices.Index([]Severity{"", Info, Warning, Error}, s) }

// AtLeast reports whether s is as urgent as other, or more.
func (s Severity) AtLeast(other Severity) bool { return s.rank() >= other.rank() }

// Case is one of the cases on the original application's troubleshooting page,
// under which findings are reported.
type Case string

// The cases.
const (
	CaseConnectionRefused Case = "Connection refused"
	CasePermissionDenied  Case = "Permission denied"
	CaseTableMissing      Case = "Table doesn't exist"
	CaseSlowQueries       Case = "Slow queries"
)

// Valid reports whether c is one of the cases.
func (c Case) Valid() bool {
	return slices.Contains([]Case{CaseConnectionRefused, CasePermissionDenied, CaseTableMissing, CaseSlowQueries}, c)
}

// Finding is one problem.
type Finding struct {
	// Code names the kind of finding, for programs: docs/operations.md lists them.
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Case is the troubleshooting case that it belongs to, if any.
	Case Case `json:"case,omitempty"`
	// Problem says what is wrong, in a sentence, and Remedy what to do.
	Problem string `json:"problem"`
	Remedy  string `json:"remedy"`
}

// Check is the outcome of one check.
type Check struct {
	Name string `json:"name"`
	// Skipped says why the check was not performed, empty if it was.
	Skipped string `json:"skipped,omitempty"`
}

// Report is what an examination found. It is plain data, for JSON; Text is for people.
type Report struct {
	// Engine and Version are the server's; empty if it could not be reached.
	Engine  dialect.Engine `json:"engine,omitempty"`
	Version string         `json:"version,omitempty"`
	// At is when the examination began, UTC.
	At time.Time `json:"at,omitzero"`
	// Findings are in the order of severity, the most urgent first.
	Findings []Finding `json:"findings,omitempty"`
	Checks   []Check   `json:"checks,omitempty"`
}

// Worst is the highest severity among the findings, empty when there are none.
func (r *Report) Worst() Severity {
	worst := Severity("")
	for _, f := range r.Findings {
		if f.Severity.AtLeast(worst) {
			worst = f.Severity
		}
	}
	return worst
}

// Has reports whether there is a finding of that code.
func (r *Report) Has(code string) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code })
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return b.Severity.rank() - a.Severity.rank() })
}
