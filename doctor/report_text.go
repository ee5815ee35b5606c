package doctor

import (
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// Text says the report in lines.
func (r *Report) Text() string {
	var b strings.Builder
	if r.Engine != "" {
		fmt.Fprintf(&b, "%s %s\n", r.Engine, shown.Line(r.Version))
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%-7s %s: ", f.Severity, f.Code)
		if f.Case != "" {
			fmt.Fprintf(&b, "%s: ", f.Case)
		}
		fmt.Fprintf(&b, "%s\n        remedy: %s\n", f.Problem, f.Remedy)
	}
	skipped := 0
	for _, c := range r.Checks {
		if c.Skipped != "" {
			fmt.Fprintf(&b, "skipped %s: %s\n", c.Name, c.Skipped)
			skipped++
		}
	}
	if len(r.Findings) == 0 {
		b.WriteString("nothing found\n")
	}
	fmt.Fprintf(&b, "%d checks made, %d skipped, %d findings\n", len(r.Checks)-skipped, skipped, len(r.Findings))
	return b.String()
}
