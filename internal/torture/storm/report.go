package storm

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/torture/judge"
)

// Report is what was done to an engine and what came of it.
type Report struct {
	Engine  dialect.Engine
	Version string
	Seed    uint64
	Rounds  int
	Checks  int
	Worked  time.Duration
	// Faults is how often each was injected.
	Faults map[string]int
	Counts judge.Counts
	// Findings is what did not fit.
	Findings []judge.Finding
	// Calm and Stormy are acknowledged operations a second, without faults and
	// with them.
	Calm, Stormy float64
	// Recoveries are the times from a server's return to the first charge
	// through a handle that was open before.
	Recoveries []time.Duration

	mu sync.Mutex
}

func (r *Report) count(fault string) { r.countAll(map[string]int{fault: 1}) }

func (r *Report) countAll(faults map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Faults == nil {
		r.Faults = map[string]int{}
	}
	for fault, n := range faults {
		r.Faults[fault] += n
	}
}

func (r *Report) find(findings ...judge.Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Findings = append(r.Findings, findings...)
}

func (r *Report) recovered(after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Recoveries = append(r.Recoveries, after)
}

func (r *Report) addCounts(c judge.Counts) {
	r.Counts.Operations += c.Operations
	r.Counts.OK += c.OK
	r.Counts.Refused += c.Refused
	r.Counts.Clean += c.Clean
	r.Counts.Unknown += c.Unknown
	r.Counts.Calls += c.Calls
}

// Table is the reports of several engines as a table in Markdown.
func Table(reports []*Report) string {
	var b strings.Builder
	row := func(name string, cell func(*Report) string) {
		b.WriteString("| " + name + " |")
		for _, r := range reports {
			b.WriteString(" " + cell(r) + " |")
		}
		b.WriteString("\n")
	}
	number := func(n int) string {
		if n == 0 {
			return "–"
		}
		return fmt.Sprint(n)
	}
	row("", func(r *Report) string { return string(r.Engine) })
	b.WriteString("|---|" + strings.Repeat("---:|", len(reports)) + "\n")
	row("Version", func(r *Report) string { return r.Version })
	row("Seed", func(r *Report) string { return fmt.Sprint(r.Seed) })
	row("Databases, checks", func(r *Report) string { return fmt.Sprintf("%d, %d", r.Rounds, r.Checks) })
	row("Operations asked for", func(r *Report) string { return number(r.Counts.Operations) })
	row("Calls made for them", func(r *Report) string { return number(r.Counts.Calls) })
	row("Acknowledged", func(r *Report) string { return number(r.Counts.OK) })
	row("Refused", func(r *Report) string { return number(r.Counts.Refused) })
	row("Given up, nothing written", func(r *Report) string { return number(r.Counts.Clean) })
	row("Given up, outcome unknown", func(r *Report) string { return number(r.Counts.Unknown) })
	for _, fault := range faultNames(reports) {
		row(fault, func(r *Report) string { return number(r.Faults[fault]) })
	}
	row("Speed with faults, of that without", func(r *Report) string { return ratio(r.Stormy, r.Calm) })
	row("First charge after a server's return, median", func(r *Report) string { return median(r.Recoveries) })
	row("**Found**", func(r *Report) string { return fmt.Sprintf("**%d**", len(r.Findings)) })
	return b.String()
}

func faultNames(reports []*Report) []string {
	var names []string
	for _, r := range reports {
		for name := range r.Faults {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func ratio(of, to float64) string {
	if to == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", of/to)
}

func median(times []time.Duration) string {
	if len(times) == 0 {
		return "–"
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2].Round(time.Millisecond).String()
}
