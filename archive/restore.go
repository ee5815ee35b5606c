package archive

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
)

// RestoreParams say what is to be brought back.
type RestoreParams struct {
	// UserUUID is the account, empty for all.
	UserUUID string
	// Batch is how many rows one transaction moves, 0 for DefaultBatch, at most
	// MaxBatch; see Params.Batch.
	Batch int
	// Pause is how long to wait after each transaction.
	Pause time.Duration
	// Progress is called after each transaction.
	Progress func(Progress)
}

// Restore moves archived entries and generations back, account by account. Like
// [Run], it may be stopped and repeated. It leaves the archive's tables empty.
// Charges of an account that was archived once keep looking for their keys in the
// archive.
//
// Errors: *InvalidError; *ColumnsError when an archive has columns that its table
// lacks; *dialect.Error when the database fails or ctx ends: what was moved back
// stays, and the report says what.
func Restore(ctx context.Context, db *bun.DB, p RestoreParams) (*Report, error) {
	if err := checkRun(p.UserUUID, p.Batch, p.Pause); err != nil {
		return nil, err
	}
	if p.Batch == 0 {
		p.Batch = DefaultBatch
	}
	m := &mover{db: db, batch: p.Batch, pause: p.Pause, progress: p.Progress, report: &Report{Restored: true}}
	columns, err := columnsOf(ctx, db, archived.Entries.Archive(), string(archived.Entries))
	if err != nil {
		return nil, err
	}
	r := &restorer{mover: m, columns: columns}
	parts := []part{{r.list, r.move, &m.report.Entries}}
	switch columns, err = columnsOf(ctx, db, archived.Generations.Archive(), string(archived.Generations)); {
	case errors.Is(err, dialect.ErrSchemaMissing): // the ledger alone was pushed
	case err != nil:
		return nil, err
	default:
		g := &rowRestorer{mover: m, columns: columns}
		parts = append(parts, part{g.list, g.move, &m.report.Generations})
	}
	return m.report, dialect.Classify(m.accounts(ctx, p.UserUUID, parts...))
}

// restorer moves entries back.
type restorer struct {
	*mover
	columns []string
}

// list lists accounts that have an archive.
func (r *restorer) list(ctx context.Context, after string) (users []string, err error) {
	err = r.db.NewRaw("SELECT DISTINCT user_uuid FROM credits_trans_archive WHERE user_uuid > ? ORDER BY user_uuid LIMIT ?",
		after, listed).Scan(ctx, &users)
	return users, err
}

// move moves one batch back, from the end of the archive, so that at any time all of
// the archive is older than the rest. The account's archived_seq stays: see
// credits.Account.
func (r *restorer) move(ctx context.Context, user string) (moved int64, more bool, err error) {
	err = dialect.InTx(ctx, r.db, func(ctx context.Context, tx bun.Tx) error {
		moved, more = 0, false
		if _, err := lockAccount(ctx, tx, user); err != nil {
			return err
		}
		var ops []struct{ Seq, OpSeq int64 }
		err := tx.NewRaw("SELECT seq, op_seq FROM credits_trans_archive WHERE user_uuid = ? ORDER BY seq DESC LIMIT ?",
			user, r.batch).Scan(ctx, &ops)
		if err != nil || len(ops) == 0 {
			return err
		}
		more = len(ops) == r.batch
		first, last := ops[len(ops)-1].OpSeq, ops[0].Seq
		moved, err = move(ctx, tx, string(archived.Entries), archived.Entries.Archive(), r.columns, user, first, last)
		return err
	})
	return moved, more, err
}
