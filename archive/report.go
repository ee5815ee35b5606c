package archive

import (
	"fmt"
	"strings"
	"time"
)

// Report is what a run moved, or would move. It is plain data, for JSON; Text is for
// people.
type Report struct {
	// Before is the bound that was given, zero for a restore.
	Before time.Time `json:"before,omitzero"`
	DryRun bool      `json:"dry_run"`
	// Restored means that rows were moved back from the archive.
	Restored bool `json:"restored"`
	// Accounts is how many accounts had something to move; Entries and Generations
	// are how many were moved in all.
	Accounts    int64 `json:"accounts"`
	Entries     int64 `json:"entries"`
	Generations int64 `json:"generations"`
	// SetAside are accounts that another program writes to: the first MaxSetAside of
	// SetAsideAccounts.
	SetAside         []string `json:"set_aside,omitempty"`
	SetAsideAccounts int64    `json:"set_aside_accounts"`

	// aside is the latest of them: each part of an account finds it out.
	aside string
}

func (r *Report) setAside(user string) {
	if r.aside == user {
		return
	}
	r.aside = user
	r.SetAsideAccounts++
	if len(r.SetAside) < MaxSetAside {
		r.SetAside = append(r.SetAside, user)
	}
}

// Text says the report in lines.
func (r *Report) Text() string {
	var b strings.Builder
	verb := "moved to the archive"
	if r.Restored {
		verb = "brought back from the archive"
	}
	if r.DryRun {
		verb = "would be " + verb
	}
	fmt.Fprintf(&b, "%d entries and %d generations of %d accounts %s", r.Entries, r.Generations, r.Accounts, verb)
	if !r.Before.IsZero() {
		fmt.Fprintf(&b, " (older than %s)", r.Before.Format(time.RFC3339))
	}
	b.WriteString("\n")
	if r.SetAsideAccounts > 0 {
		fmt.Fprintf(&b, "%d accounts set aside, which another program writes to\n", r.SetAsideAccounts)
	}
	for _, user := range r.SetAside {
		fmt.Fprintf(&b, "  %q\n", user)
	}
	return b.String()
}
