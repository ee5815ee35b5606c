package audit

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
)

// RebuildParams name an account to rebuild.
type RebuildParams struct {
	UserUUID string
	// DryRun reports what would be written, and writes nothing.
	DryRun bool
	// Force rebuilds even if history is broken, from the entries that exist.
	Force bool
}

// Change is a stored value that differs from what history says.
type Change struct {
	// Table is credits, credits_lots, credits_holds or credits_budgets.
	Table string `json:"table"`
	// ID is the lot, the hold_seq or the id of the budget's row, 0 for the account's row.
	ID int64 `json:"id"`
	// Column is empty when the whole row is added or removed.
	Column string `json:"column"`
	// Stored is what was found and Rebuilt what history says.
	Stored  string `json:"stored"`
	Rebuilt string `json:"rebuilt"`
}

// RebuildReport is what a rebuild did, or would do.
type RebuildReport struct {
	UserUUID string `json:"user_uuid"`
	// Entries is the length of the history.
	Entries int64 `json:"entries"`
	// Changes are all differences; it is empty if the state was right.
	Changes []Change `json:"changes,omitempty"`
	// Written is true when they were written.
	Written bool `json:"written"`
}

// Rebuild computes an account's state from its history, under the account's
// lock, and writes what differs: the account's row, its lots and its holds,
// even if all of them are gone, and what its budgets have counted. It never touches
// history.
//
// State is rebuilt as of the account's as_of_us, or of its latest entry if
// that is later. If as_of_us was lost too, grants that had expired since that
// entry count again until the next operation or [credits.ExpireDue]; reads are exact
// in any case. updated_at is set only where it is NULL.
//
// On an account with legacy rows (see [LegacyReport]) or without entries,
// left_credits and total_credits do not belong to the ledger alone and stay as they
// are; if the account's row was lost, they become the ledger's sums plus those of
// the legacy rows. Where rows of another program were taken over, total_credits
// stays as it is.
//
// Errors: *InvalidError; *NotFoundError when there is neither a row nor a
// history; *HistoryError when history is broken, or is not the one that the
// account's row names as its own (its seq and head_hash), unless p.Force is
// set; *dialect.NarrowColumnError when an adopted column does not hold what
// history says; *dialect.Error.
func Rebuild(ctx context.Context, db bun.IDB, p RebuildParams) (*RebuildReport, error) {
	if err := valid.Required("UserUUID", p.UserUUID, 255); err != nil {
		return nil, err
	}
	var report *RebuildReport
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		b := &rebuilder{params: p, tx: tx, db: rows.Current(tx), report: &RebuildReport{UserUUID: p.UserUUID}}
		report = b.report
		return b.run(ctx)
	})
	if err != nil {
		return nil, err
	}
	return report, nil
}

// rebuilder is one attempt.
type rebuilder struct {
	params RebuildParams
	tx     bun.Tx
	db     bun.IDB // tx, for statements that lock or write
	report *RebuildReport

	row    *credits.Account
	replay *replay
	legacy *entryCount
	broken []Breach

	// lots and holds are to be written, extra ones to be removed.
	lots, holds           map[int64]bool
	extraLots, extraHolds []int64
	budgets               map[int64]map[string]any // columns of rows
	account               bool
	open                  int64 // the lot that is open on the account's row
}

func (b *rebuilder) run(ctx context.Context) error {
	if err := b.lock(ctx); err != nil {
		return err
	}
	rd := newReader(b.db, lockingSuffix(b.tx), func(int64) {})
	return rd.packs(ctx, []string{b.params.UserUUID}, func(user string) error {
		b.legacy = rd.counts[user]
		if err := b.read(ctx, rd); err != nil {
			return err
		}
		want, err := b.compare(ctx, rd)
		if err != nil || b.params.DryRun || len(b.report.Changes) == 0 {
			return err
		}
		if err := width.Check(ctx, b.db, want); err != nil {
			return err
		}
		b.report.Written = true
		return b.write(ctx, want)
	})
}

// lock locks the account, whose row it makes if only history is left.
func (b *rebuilder) lock(ctx context.Context) (err error) {
	user := b.params.UserUUID
	if b.row, err = lockAccount(ctx, b.tx, user); err != nil || b.row != nil {
		return err
	}
	var first []int64
	err = b.tx.NewRaw("?", archived.Entries.Ordered("seq", 1, "SELECT seq FROM credits_trans "+
		"WHERE user_uuid = ? AND seq IS NOT NULL", user)).Scan(ctx, &first)
	if err != nil {
		return err
	}
	if len(first) == 0 {
		return &credits.NotFoundError{
			What: "account", Field: "UserUUID", Value: user, UserUUID: user, Err: credits.ErrNotFound,
		}
	}
	b.differs(difference{BreachAccount, "credits", 0, "", rowMissing, rowPresent, ""})
	if b.params.DryRun {
		b.row = &credits.Account{UserUUID: user, NextEventUs: column.Never}
		return nil
	}
	if err := insertAccount(ctx, b.tx, user); err != nil {
		return err
	}
	if b.row, err = lockAccount(ctx, b.tx, user); err == nil && b.row == nil {
		err = fmt.Errorf("account %s: its row cannot be read after it was inserted", shown.Text(user))
	}
	return err
}

// maxNamed bounds the breaches that an error holds.
const maxNamed = 10

// read replays the history. The row's own seq and head are a head that history
// must still hold, or else the state is of a history that is gone.
func (b *rebuilder) read(ctx context.Context, rd *reader) error {
	b.replay = newReplay(b.params.UserUUID, func(found Breach) {
		if len(b.broken) < maxNamed {
			b.broken = append(b.broken, found)
		}
	})
	heads := headCheck{replay: b.replay}
	if b.row.Seq > 0 {
		heads.heads = []ChainHead{{UserUUID: b.params.UserUUID, Seq: b.row.Seq, Hash: b.row.HeadHash}}
	}
	err := rd.entries(ctx, b.params.UserUUID, func(e *credits.Entry) {
		b.replay.entry(e)
		heads.entry(e)
	})
	if err != nil {
		return err
	}
	heads.end()
	if err := rd.sharedKeys(ctx, b.replay); err != nil {
		return err
	}
	b.replay.settle(b.row.AsOfUs)
	b.report.Entries = b.replay.count
	if len(b.broken) > 0 && !b.params.Force {
		return &HistoryError{UserUUID: b.params.UserUUID, Breaches: b.broken}
	}
	return nil
}

// differs notes a difference: for the report, and which row to write.
func (b *rebuilder) differs(d difference) {
	b.report.Changes = append(b.report.Changes, Change{
		Table: d.table, ID: d.id, Column: d.column, Stored: fmt.Sprint(d.stored), Rebuilt: fmt.Sprint(d.wanted),
	})
	gone := d.column == "" && d.wanted == rowMissing
	switch {
	case d.table == "credits":
		b.account = true
	case d.table == "credits_budgets":
		if b.budgets[d.id] == nil {
			b.budgets[d.id] = map[string]any{}
		}
		b.budgets[d.id][d.column] = d.wanted
	case d.table == "credits_lots" && gone:
		b.extraLots = append(b.extraLots, d.id)
	case d.table == "credits_lots":
		b.lots[d.id] = true
	case gone:
		b.extraHolds = append(b.extraHolds, d.id)
	default:
		b.holds[d.id] = true
	}
}
