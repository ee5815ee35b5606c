package adopt

import (
	"slices"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// Report is what a run did, or would do. It is plain data, for JSON; Text is for
// people.
type Report struct {
	DryRun bool `json:"dry_run"`
	// Final means that data read by the original was rewritten, or would be.
	// Otherwise Statuses, Emails, Slugs, APIKeys and ProviderKeys say what a final
	// run would do.
	Final bool `json:"final"`
	// Accounts is how many accounts were processed. Rows is how many rows were
	// outside the ledger, and Taken how many of them became entries; the others wait
	// for the original to finish what it is writing.
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
	// Corrected are the first MaxDetails accounts with differences.
	Corrected []*credits.AdoptedAccount `json:"corrected,omitempty"`
	// SetAside could not be taken over.
	SetAside []SetAside `json:"set_aside,omitempty"`
	// WithoutUser is how many accounts have no user, WithoutAccount how many users
	// have no account. Neither is a problem.
	WithoutUser    int64 `json:"without_user"`
	WithoutAccount int64 `json:"without_account"`

	// Orders are paid orders matched to the entries that granted their credits;
	// OrdersDated had no paid_at and got their time of creation. Generations are
	// unfinished generations matched to their charges.
	Orders      Links `json:"orders"`
	OrdersDated int64 `json:"orders_dated"`
	Generations Links `json:"generations"`
	// Loops of invitations, broken at the latest user.
	Loops []users.BrokenLoop `json:"loops,omitempty"`
	// Narrow are tables of 32 bits.
	Narrow []Narrow `json:"narrow,omitempty"`

	Statuses     []Status     `json:"statuses,omitempty"`
	Emails       Emails       `json:"emails"`
	Slugs        Slugs        `json:"slugs"`
	APIKeys      APIKeys      `json:"api_keys"`
	ProviderKeys ProviderKeys `json:"provider_keys"`
}

// Links counts rows matched to the original's ledger entries.
type Links struct {
	// Linked rows have been matched to an entry; for Unknown ones, no entry
	// fits.
	Linked  int64 `json:"linked"`
	Unknown int64 `json:"unknown"`
	// Ambiguous rows fit several entries: the first MaxDetails of
	// AmbiguousRows.
	Ambiguous     []Ambiguous `json:"ambiguous,omitempty"`
	AmbiguousRows int64       `json:"ambiguous_rows"`
}

// Ambiguous is a row that several entries fit, by their keys. Refund and Fail ask
// which one it is.
type Ambiguous struct {
	Name string   `json:"name"`
	Keys []string `json:"keys,omitempty"`
}

func (l *Links) ambiguous(all []*credits.AmbiguousError) {
	l.AmbiguousRows = int64(len(all))
	for _, e := range all[:min(len(all), MaxDetails)] {
		l.Ambiguous = append(l.Ambiguous, Ambiguous{Name: e.Name, Keys: e.Keys})
	}
}

// Emails counts emails that were normalized; see users.FoldEmails.
type Emails struct {
	Folded int64             `json:"folded"`
	Odd    int64             `json:"odd"`
	Twins  []users.EmailTwin `json:"twins,omitempty"`
}

// Slugs are of posts: see content.KeySlugs.
type Slugs struct {
	Keyed    int64                  `json:"keyed"`
	Numbered []content.NumberedSlug `json:"numbered,omitempty"`
	Left     int64                  `json:"left"`
}

// APIKeys counts API keys stored in plaintext; see apikeys.HashOriginals.
type APIKeys struct {
	Hashed int64 `json:"hashed"`
	Twins  int64 `json:"twins,omitempty"`
}

// ProviderKeys counts providers' keys: Plaintext were in plaintext before the run,
// Encrypted were encrypted by it, and Failed could not be.
type ProviderKeys struct {
	Plaintext int64            `json:"plaintext"`
	Encrypted int64            `json:"encrypted"`
	Failed    []providers.Name `json:"failed,omitempty"`
}

// Corrections sums the corrections with one reason: what was granted and what
// was taken.
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
