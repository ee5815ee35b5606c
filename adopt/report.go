package adopt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/credits"
)

// Report is what a run did, or would do. It is plain data, for JSON; Text is for
// people.
type Report struct {
	DryRun bool `json:"dry_run"`
	// Accounts were looked at. Of the Rows that were outside the ledger Taken became
	// entries; the others wait for the original to finish what it was writing.
	Accounts int64 `json:"accounts"`
	Rows     int64 `json:"rows"`
	Taken    int64 `json:"taken"`
	// Shown is the sum of left_credits as the original had it, Available and Debt
	// what the accounts have now.
	Shown     int64 `json:"shown"`
	Available int64 `json:"available"`
	Debt      int64 `json:"debt"`
	// Corrections are the differences, by reason.
	Corrections []Corrections `json:"corrections,omitempty"`
	// Corrected are the accounts with differences: the first MaxDetails.
	Corrected []*credits.AdoptedAccount `json:"corrected,omitempty"`
	// SetAside could not be taken over.
	SetAside []SetAside `json:"set_aside,omitempty"`
}

// Corrections sums the corrections of one reason, what was granted and what was
// taken.
type Corrections struct {
	Reason  credits.AdoptionReason `json:"reason"`
	Entries int64                  `json:"entries"`
	Granted int64                  `json:"granted"`
	Taken   int64                  `json:"taken"`
}

// SetAside is an account that could not be taken over.
type SetAside struct {
	UserUUID string `json:"user_uuid"`
	Reason   string `json:"reason"`
}

func (r *Report) add(a *credits.AdoptedAccount) {
	r.Rows += a.Rows
	r.Taken += a.Taken
	r.Shown += a.Shown
	r.Available += a.Available
	r.Debt += a.Debt
	for _, c := range a.Corrections {
		at := slices.IndexFunc(r.Corrections, func(sum Corrections) bool { return sum.Reason == c.Reason })
		if at < 0 {
			at = len(r.Corrections)
			r.Corrections = append(r.Corrections, Corrections{Reason: c.Reason})
		}
		sum := &r.Corrections[at]
		sum.Entries++
		sum.Granted += max(c.Amount, 0)
		sum.Taken += max(-c.Amount, 0)
	}
	if len(a.Corrections) > 0 && len(r.Corrected) < MaxDetails {
		r.Corrected = append(r.Corrected, a)
	}
}

// Text says the report in lines.
func (r *Report) Text() string {
	var b strings.Builder
	verb := "were taken over"
	if r.DryRun {
		verb = "would be taken over"
	}
	fmt.Fprintf(&b, "%d accounts, %d rows outside the ledger, of which %d %s\n", r.Accounts, r.Rows, r.Taken, verb)
	fmt.Fprintf(&b, "credits shown %d; available %d, debt %d\n", r.Shown, r.Available, r.Debt)
	for _, c := range r.Corrections {
		fmt.Fprintf(&b, "%s: %d entries, %d granted, %d taken\n", c.Reason, c.Entries, c.Granted, c.Taken)
	}
	for _, a := range r.Corrected {
		fmt.Fprintf(&b, "  %q: shown %d, rows %d, available %d, debt %d\n", a.UserUUID, a.Shown, a.Sum, a.Available, a.Debt)
		for _, c := range a.Corrections {
			fmt.Fprintf(&b, "    %+d %s\n", c.Amount, c.Reason)
		}
	}
	for _, s := range r.SetAside {
		fmt.Fprintf(&b, "  set aside %q: %s\n", s.UserUUID, s.Reason)
	}
	return b.String()
}
