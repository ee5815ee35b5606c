package adopt

import (
	"fmt"
	"strings"
)

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
	fmt.Fprintf(&b, "%d accounts without a user, %d users without an account\n", r.WithoutUser, r.WithoutAccount)
	r.Orders.text(&b, "orders", "credits")
	fmt.Fprintf(&b, "%d paid orders had no paid_at\n", r.OrdersDated)
	r.Generations.text(&b, "generations", "charges")
	for _, l := range r.Loops {
		fmt.Fprintf(&b, "loop of %d invitations: %q by %q\n", l.Users, l.UserUUID, l.InvitedBy)
	}
	r.widthText(&b)
	r.finalText(&b)
	return b.String()
}

func (l *Links) text(b *strings.Builder, rows, entries string) {
	fmt.Fprintf(b, "%s: %d with their %s, %d without, %d ambiguous\n", rows, l.Linked, entries, l.Unknown, l.AmbiguousRows)
	for _, a := range l.Ambiguous {
		fmt.Fprintf(b, "  %q: one of %q\n", a.Name, a.Keys)
	}
}

func (r *Report) widthText(b *strings.Builder) {
	for _, n := range r.Narrow {
		what := "32-bit columns"
		switch {
		case n.Widened:
			what = "widened"
		case n.NearEnd:
			what = fmt.Sprintf("ids near their end (%d of %d)", n.LastID, n.MaxID)
		}
		fmt.Fprintf(b, "%s: %s: %s\n", n.Table, what, n.Statement)
	}
}

// finalText is what only a final run rewrites.
func (r *Report) finalText(b *strings.Builder) {
	if r.Final && !r.DryRun {
		b.WriteString("the original has gone:\n")
	} else {
		b.WriteString("a final run would do:\n")
	}
	for _, s := range r.Statuses {
		if s.Becomes == "" {
			fmt.Fprintf(b, "  %s: %d rows of the unknown status %q stay\n", s.Table, s.Rows, s.Status)
			continue
		}
		fmt.Fprintf(b, "  %s: %d rows of the status %q become %q\n", s.Table, s.Rows, s.Status, s.Becomes)
	}
	fmt.Fprintf(b, "  emails: %d folded, %d of no known form, %d twins\n", r.Emails.Folded, r.Emails.Odd, len(r.Emails.Twins))
	for _, t := range r.Emails.Twins {
		fmt.Fprintf(b, "    %q %q\n", t.UserUUID, t.Email)
	}
	fmt.Fprintf(b, "  slugs: %d keyed, %d numbered, %d without slug or locale\n", r.Slugs.Keyed, len(r.Slugs.Numbered), r.Slugs.Left)
	fmt.Fprintf(b, "  API keys: %d hashed, %d twins of hashed ones\n", r.APIKeys.Hashed, r.APIKeys.Twins)
	fmt.Fprintf(b, "  providers' keys: %d in plaintext, %d encrypted\n", r.ProviderKeys.Plaintext, r.ProviderKeys.Encrypted)
}
