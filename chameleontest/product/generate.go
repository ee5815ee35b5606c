package product

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// The defaults of [Params].
const (
	DefaultActivity = 20
	DefaultSpan     = 365 * 24 * time.Hour
)

// Params say what to make.
type Params struct {
	// Seed determines what is drawn.
	Seed uint64
	// Users is how many people signed up, required.
	Users int
	// Activity is the mean number of things that a user does, [DefaultActivity] by
	// default. A few do many more, most do fewer.
	Activity int
	// From and To are when it happens. To is now by default, and From is [DefaultSpan]
	// before it. The same data again needs the same To.
	From, To time.Time
	// Progress, when set, is called after each user with what was made so far.
	Progress func(Report)
}

// Report counts what was made. Operations are the ledger's, and a renewal is an order.
type Report struct {
	Users         int64 `json:"users"`
	Operations    int64 `json:"operations"`
	Orders        int64 `json:"orders"`
	Subscriptions int64 `json:"subscriptions"`
	Commissions   int64 `json:"commissions"`
	Refunds       int64 `json:"refunds"`
	Generations   int64 `json:"generations"`
	APIKeys       int64 `json:"api_keys"`
	Feedbacks     int64 `json:"feedbacks"`
	Posts         int64 `json:"posts"`
}

// InvalidError names a field of Params and says what is wrong with it.
type InvalidError = dialect.InvalidError

// Generate writes a product's data, user by user, each in one transaction. After an
// interruption, the same call makes what is missing: users that are there are passed over,
// and not counted.
//
// Errors: *InvalidError for a field of p; the errors of the verbs that it calls. What was
// made before stays, and the Report counts it.
func Generate(ctx context.Context, db *bun.DB, p Params) (*Report, error) {
	total := &Report{}
	p, err := p.checked()
	if err != nil {
		return total, err
	}
	for i := range p.Users {
		var made Report
		err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			l := newLife(p, i) // anew in each attempt
			there, err := l.isThere(ctx, tx)
			if err != nil || there {
				return err
			}
			err = l.live(ctx, tx, l.invitedBy(p, i))
			made = l.made
			return err
		})
		if err != nil {
			return total, err
		}
		total.add(made)
		if p.Progress != nil {
			p.Progress(*total)
		}
	}
	return total, nil
}

func (p Params) checked() (Params, error) {
	if p.To.IsZero() {
		p.To = time.Now()
	}
	if p.From.IsZero() {
		p.From = p.To.Add(-DefaultSpan)
	}
	if p.Activity == 0 {
		p.Activity = DefaultActivity
	}
	var problem error
	switch {
	case p.Users <= 0:
		problem = valid.Failf("Users", "%d is not positive", p.Users)
	case p.Activity < 0:
		problem = valid.Failf("Activity", "%d is negative", p.Activity)
	case !p.From.Before(p.To):
		problem = valid.Failf("From", "not before To")
	}
	return p, problem
}

func (r *Report) add(of Report) {
	r.Users += of.Users
	r.Operations += of.Operations
	r.Orders += of.Orders
	r.Subscriptions += of.Subscriptions
	r.Commissions += of.Commissions
	r.Refunds += of.Refunds
	r.Generations += of.Generations
	r.APIKeys += of.APIKeys
	r.Feedbacks += of.Feedbacks
	r.Posts += of.Posts
}
