package archive

import (
	"context"
	"math"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
)

// batch is what one transaction moves: the entries numbered from first to last.
type batch struct {
	first, last int64
	entries     int64
	more        bool
}

// plan says which entries of the account after a number are moved next: whole
// operations, the oldest first, none of which is as young as the bound, the account's
// latest, or of or after an active hold.
func (a *archiver) plan(ctx context.Context, db bun.IDB, account *credits.Account, after int64) (batch, error) {
	foreign, err := a.foreign(ctx, db, account)
	if err != nil {
		return batch{}, err
	}
	if foreign {
		a.report.setAside(account.UserUUID)
		return batch{}, nil
	}
	end, err := end(ctx, db, account)
	if err != nil {
		return batch{}, err
	}
	var rows []credits.Entry
	err = db.NewRaw("SELECT seq, op_seq, at_us FROM credits_trans WHERE user_uuid = ? AND seq > ? ORDER BY seq LIMIT ?",
		account.UserUUID, after, a.batch).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return batch{}, err
	}
	p := batch{first: rows[0].Seq, more: len(rows) == a.batch}
	for i := range rows {
		if rows[i].AtUs >= a.before || rows[i].Seq >= end {
			end, p.more = min(end, rows[i].OpSeq), false
			break
		}
		p.last = rows[i].Seq
	}
	return p, a.whole(ctx, db, account, &p, end)
}

// end is the number of the first entry that must stay, whatever its age.
func end(ctx context.Context, db bun.IDB, account *credits.Account) (int64, error) {
	var found struct{ Latest, Hold int64 }
	err := db.NewRaw("SELECT COALESCE((SELECT op_seq FROM credits_trans WHERE user_uuid = ? AND seq = ?), 0) AS latest, "+
		"COALESCE((SELECT MIN(hold_seq) FROM credits_holds WHERE user_uuid = ? AND status = ?), ?) AS hold",
		account.UserUUID, account.Seq, account.UserUUID, credits.HoldActive, int64(math.MaxInt64)).Scan(ctx, &found)
	return min(found.Latest, found.Hold), err
}

// whole brings the batch to the end of an operation: of the one that it ends within,
// if that may move and nothing came before it, else of the one before that.
func (a *archiver) whole(ctx context.Context, db bun.IDB, account *credits.Account, p *batch, end int64) error {
	var op struct{ Start, Following int64 }
	err := db.NewRaw("SELECT COALESCE((SELECT op_seq FROM credits_trans WHERE user_uuid = ? AND seq = ?), 0) AS start, "+
		"COALESCE((SELECT MIN(seq) FROM credits_trans WHERE user_uuid = ? AND seq > ? AND op_kind IS NOT NULL), 0) AS following",
		account.UserUUID, p.last, account.UserUUID, p.last).Scan(ctx, &op)
	if err != nil || p.last == 0 {
		return err
	}
	switch {
	case op.Following <= end && op.Following == p.last+1: // the operation ends here
	case op.Start > p.first:
		p.last = op.Start - 1
	case op.Following > 0 && op.Following <= end:
		p.last = op.Following - 1
	default:
		*p = batch{}
		return nil
	}
	p.entries = p.last - p.first + 1
	return nil
}
