package adopt

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/providers"
)

const (
	// DefaultBatch is how many accounts are looked up at a time.
	DefaultBatch = 500
	// MaxBatch is the maximum.
	MaxBatch = 10_000
	// MaxDetails bounds the number of accounts listed in a report.
	MaxDetails = 1000
)

// Params decide what the original application left undefined.
type Params struct {
	// DryRun reports what would be written, and writes nothing.
	DryRun bool
	// DropExpired drops credits that left_credits showed although the rows that
	// granted them have expired. Otherwise they are kept, without an expiry.
	DropExpired bool
	// RowsCount trusts the rows of users who have no account row, and whom the
	// original therefore shows nothing.
	RowsCount bool
	// Widen makes 32-bit columns of IDs and amounts 64-bit. PostgreSQL rewrites
	// each table under a lock; MySQL does too, but allows reads. Statements that a
	// PostgreSQL connection had prepared before fail once with
	// dialect.ErrTransient. The report has the statements.
	Widen bool
	// Final says that the original has been retired, so that what it read can be
	// rewritten: API keys are hashed, providers' keys encrypted with AEAD, emails
	// normalized, slugs made unique, and its statuses replaced by ours.
	Final bool
	// AEAD encrypts the providers' keys; if nil, they stay in plaintext and the
	// report counts them.
	AEAD providers.AEAD
	// Batch is how many accounts are looked up at a time: 0 means DefaultBatch, and
	// MaxBatch is the maximum. Each account is handled in a transaction of its own.
	Batch int
	// Progress is called after each account.
	Progress func(Progress)
}

// Progress is how far a run has got.
type Progress struct {
	// Accounts is how many accounts were processed, and UserUUID is the latest.
	Accounts int64  `json:"accounts"`
	UserUUID string `json:"user_uuid"`
}

// Run takes over all accounts that the original application keeps or has written
// to. An account that cannot be taken over is set aside in the report, and the
// others go on; a failure that is not of the account's own rows ends the run. Then it looks through everything else that the original wrote: what
// is missing is added, and what the original reads is rewritten with Final alone; the
// report has either, with what a final run would do.
//
// Errors: *InvalidError; *dialect.Error when the database fails or ctx ends: what
// is done is done, and the report says what.
func Run(ctx context.Context, db *bun.DB, p Params) (*Report, error) {
	if p.Batch < 0 || p.Batch > MaxBatch {
		return nil, valid.Failf("Batch", "%d is not between 0 and %d", p.Batch, MaxBatch)
	}
	if p.Batch == 0 {
		p.Batch = DefaultBatch
	}
	r := &run{db: db, p: p, report: &Report{DryRun: p.DryRun, Final: p.Final}}
	for _, step := range []func(context.Context) error{
		r.halves, r.widths, r.accounts, r.loops, r.orders, r.generations, r.statuses, r.emails, r.search, r.slugs, r.providerKeys, r.apiKeys,
	} {
		if err := step(ctx); err != nil {
			return r.report, dialect.Classify(err)
		}
	}
	return r.report, nil
}

// moved lists accounts whose left_credits is not what the ledger knows, and of which
// there is anything of another program's: a number alone on any other is nobody's
// word, and would be looked at again by each run. rowsAlone lists users of whom there
// are rows outside the ledger and nothing else tells.
const (
	moved = "SELECT a.user_uuid FROM credits AS a WHERE a.user_uuid > ? " +
		"AND a.left_credits <> a.balance - a.held_credits + a.debt_credits " +
		"AND (a.seq = 0 OR EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = a.user_uuid AND t.seq IS NULL) " +
		"OR EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = a.user_uuid AND t.seq > a.seq - 200 AND t.op_hash = '" +
		ledgerkey.Adopted + "')) ORDER BY a.user_uuid LIMIT ?"
	rowsAlone = "SELECT t.user_uuid FROM credits_trans AS t LEFT JOIN credits AS a ON a.user_uuid = t.user_uuid " +
		"WHERE t.user_uuid > ? AND t.seq IS NULL " +
		"AND (a.user_uuid IS NULL OR a.left_credits = a.balance - a.held_credits + a.debt_credits) " +
		"GROUP BY t.user_uuid ORDER BY t.user_uuid LIMIT ?"
)

// accounts takes over all accounts.
func (r *run) accounts(ctx context.Context) error {
	for _, which := range []string{moved, rowsAlone} {
		if err := r.each(ctx, which); err != nil {
			return err
		}
	}
	return nil
}

type run struct {
	db     *bun.DB
	p      Params
	report *Report
}

// each takes over the accounts that a query lists.
func (r *run) each(ctx context.Context, query string) error {
	for after := ""; ; {
		var users []string
		if err := r.db.NewRaw(query, after, r.p.Batch).Scan(ctx, &users); err != nil {
			return err
		}
		for _, user := range users {
			if err := r.account(ctx, user); err != nil {
				return err
			}
		}
		if len(users) < r.p.Batch {
			return nil
		}
		after = users[len(users)-1]
	}
}

func (r *run) account(ctx context.Context, user string) error {
	got, err := credits.Adopt(ctx, r.db, credits.AdoptParams{
		UserUUID: user, DropExpired: r.p.DropExpired, RowsCount: r.p.RowsCount, DryRun: r.p.DryRun,
	})
	switch {
	case err == nil:
		r.report.add(got)
	case !rows.OneItem(ctx, r.db, err): // such as a limit of connections, or a table that is missing
		return err
	default:
		r.report.SetAside = append(r.report.SetAside, SetAside{UserUUID: user, Reason: err.Error()})
	}
	r.report.Accounts++
	if r.p.Progress != nil {
		r.p.Progress(Progress{Accounts: r.report.Accounts, UserUUID: user})
	}
	return nil
}
