package archive

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/valid"
)

const (
	// DefaultBatch is how many entries one transaction moves.
	DefaultBatch = 1000
	// MaxBatch is the most of them.
	MaxBatch = 10_000
	// MaxSetAside bounds the accounts that a report has one by one.
	MaxSetAside = 1000

	// listed is how many accounts are looked up at a time.
	listed = 500
)

// Params say what is to be archived.
type Params struct {
	// Before is required: entries of that time and later stay, and so do generations
	// that were made, ended or changed then.
	Before time.Time
	// UserUUID is the account, empty for all.
	UserUUID string
	// DryRun reports what would be moved, and moves nothing.
	DryRun bool
	// Batch is how many rows one transaction moves, 0 for DefaultBatch, at most
	// MaxBatch. An operation is never divided: one that has more entries than that is
	// moved as a whole. While a batch moves, verbs on its account wait.
	Batch int
	// Pause is how long to wait after each transaction, so that the application, and
	// replicas, keep up.
	Pause time.Duration
	// Progress is told after each transaction.
	Progress func(Progress)
}

// Progress is how far a run has come.
type Progress struct {
	// Accounts were done, Entries and Generations moved, and UserUUID is the latest
	// account.
	Accounts    int64  `json:"accounts"`
	Entries     int64  `json:"entries"`
	Generations int64  `json:"generations"`
	UserUUID    string `json:"user_uuid"`
}

// Run moves entries and generations that are older than p.Before to the archive, account
// by account, the oldest first. Of each account there stay, whatever their age, its
// latest operation and all from the first one on that made a hold which is still
// active; its latest generation, and all that are pending or processing. Accounts that
// another program writes to are set aside: their history is being taken over, and its
// owner reads it where it is.
//
// Each batch is one transaction that holds the account, or the generations. Run may be stopped at any
// point, repeated, run by several at once and beside [Restore].
//
// Errors: *InvalidError; *ColumnsError when a table has columns that its archive lacks; *dialect.Error when the database fails or ctx ends: what is moved is moved,
// and the report says what.
func Run(ctx context.Context, db *bun.DB, p Params) (*Report, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.Batch == 0 {
		p.Batch = DefaultBatch
	}
	m := &mover{db: db, batch: p.Batch, pause: p.Pause, progress: p.Progress, report: &Report{Before: p.Before.UTC(), DryRun: p.DryRun}}
	columns, err := columnsOf(ctx, db, string(archived.Entries), archived.Entries.Archive())
	if err != nil {
		return nil, err
	}
	a := &archiver{mover: m, before: p.Before.UnixMicro(), columns: columns}
	parts := []part{{a.list, a.move, &m.report.Entries}}
	if p.DryRun {
		parts[0].step = a.count
	}
	switch columns, err = columnsOf(ctx, db, string(archived.Generations), archived.Generations.Archive()); {
	case errors.Is(err, dialect.ErrSchemaMissing): // the ledger alone was pushed
	case err != nil:
		return nil, err
	default:
		r := &rowArchiver{archiver: a, from: p.Before, columns: columns}
		parts = append(parts, part{r.list, r.move, &m.report.Generations})
		if p.DryRun {
			parts[1].step = r.count
		}
	}
	return m.report, dialect.Classify(m.accounts(ctx, p.UserUUID, parts...))
}

func (p Params) check() error {
	if p.Before.IsZero() {
		return valid.Failf("Before", "empty")
	}
	return checkRun(p.UserUUID, p.Batch, p.Pause)
}

func checkRun(user string, batch int, pause time.Duration) error {
	if batch < 0 || batch > MaxBatch {
		return valid.Failf("Batch", "%d is not between 0 and %d", batch, MaxBatch)
	}
	if pause < 0 {
		return valid.Failf("Pause", "%s is negative", pause)
	}
	return valid.Optional("UserUUID", user, 255)
}
