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
	// MaxBatch is the maximum.
	MaxBatch = 10_000
	// MaxSetAside bounds the number of accounts listed in a report.
	MaxSetAside = 1000

	// listed is how many accounts are looked up at a time.
	listed = 500
)

// Params say what to archive.
type Params struct {
	// Before is required: entries from that time on stay, and so do generations
	// created, finished or changed since then.
	Before time.Time
	// UserUUID is the account, empty for all.
	UserUUID string
	// Final says that the original application of an adopted database has gone, as
	// adopt.Params.Final does: accounts are archived although entries that it wrote are
	// among their latest.
	Final bool
	// DryRun reports what would be moved, and moves nothing.
	DryRun bool
	// Batch is how many rows one transaction moves: 0 means DefaultBatch, and
	// MaxBatch is the maximum. Operations are never split: one with more entries is
	// moved as a whole. While a batch moves, verbs on its account wait.
	Batch int
	// Pause is how long to wait after each transaction, so that the application and
	// replicas keep up.
	Pause time.Duration
	// Progress is called after each transaction.
	Progress func(Progress)
}

// Progress is how far a run has got.
type Progress struct {
	// Accounts is how many accounts are done, Entries and Generations how many were
	// moved, and UserUUID is the latest account.
	Accounts    int64  `json:"accounts"`
	Entries     int64  `json:"entries"`
	Generations int64  `json:"generations"`
	UserUUID    string `json:"user_uuid"`
}

// Run moves entries and generations older than p.Before to the archive, account by
// account, oldest first. Whatever their age, an account keeps its latest operation,
// all operations from the oldest active hold on, its latest generation, and all
// generations that are pending or processing. Accounts that another program writes to
// are set aside: their history is being taken over, and that program still reads it. With
// p.Final these are only accounts with rows that have not been taken over.
//
// Each batch is one transaction that locks the account or the generations. Run may be
// stopped at any point, repeated, and run concurrently with itself and with
// [Restore].
//
// Errors: *InvalidError; *ColumnsError when a table has columns that its archive lacks;
// *dialect.Error when the database fails or ctx ends: what is moved is moved, and the
// report says what.
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
	a := &archiver{mover: m, before: p.Before.UnixMicro(), final: p.Final, columns: columns}
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
