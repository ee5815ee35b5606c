package audit

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
)

// compare notes all differences and returns what the account's row must be.
func (b *rebuilder) compare(ctx context.Context, rd *reader) (*credits.Account, error) {
	b.lots, b.holds, b.budgets = map[int64]bool{}, map[int64]bool{}, map[int64]map[string]any{}
	b.replay.mark = b.row.LowMark
	want := b.replay.account()
	want.ArchivedSeq = max(b.row.ArchivedSeq, rd.archives[b.params.UserUUID])
	c := comparison{
		replay: b.replay, row: b.row, legacy: b.keepSums(&want), archived: want.ArchivedSeq,
		differs: func(d difference) error {
			b.differs(d)
			return nil
		},
	}
	if err := c.account(); err != nil {
		return nil, err
	}
	if c.legacy && (want.LeftCredits != b.row.LeftCredits || want.TotalCredits != b.row.TotalCredits) {
		b.differs(difference{BreachAccount, "credits", 0, "left_credits", b.row.LeftCredits, want.LeftCredits, ""})
		b.differs(difference{BreachAccount, "credits", 0, "total_credits", b.row.TotalCredits, want.TotalCredits, ""})
	}
	if b.account {
		c.open = want.OpenLot // the row gets rewritten, with the lot open that burns next
	}
	b.open = c.open
	if err := rd.lots(ctx, b.params.UserUUID, c.lot); err != nil {
		return nil, err
	}
	if err := c.missingLots(); err != nil {
		return nil, err
	}
	if err := rd.holds(ctx, b.params.UserUUID, c.hold); err != nil {
		return nil, err
	}
	if err := c.missingHolds(); err != nil {
		return nil, err
	}
	return &want, rd.budgets(ctx, b.params.UserUUID, c.budget)
}

// keepSums reports whether the account has legacy rows, and settles what then
// becomes of the two columns that are not the ledger's alone.
func (b *rebuilder) keepSums(want *credits.Account) bool {
	pending := b.legacy != nil && b.legacy.Legacy > 0
	if !pending && !b.replay.foreign() {
		return false
	}
	lost := b.row.Seq == 0 && b.row.LeftCredits == 0 && b.row.TotalCredits == 0
	if !pending && b.replay.count > 0 {
		if !lost { // what was earned in all is counted by the other program
			want.TotalCredits = b.row.TotalCredits
		}
		return true
	}
	if lost && b.replay.count > 0 {
		want.LeftCredits += max(b.legacy.LegacyCredits, 0)
		want.TotalCredits += b.legacy.LegacyGranted
	} else {
		want.LeftCredits, want.TotalCredits = b.row.LeftCredits, b.row.TotalCredits
	}
	return true
}

// write brings the rows in line.
func (b *rebuilder) write(ctx context.Context, want *credits.Account) error {
	steps := []func(context.Context) error{b.writeLots, b.writeHolds, b.removeExtra, b.writeBudgets}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if !b.account {
		return nil
	}
	columns := []string{
		"left_credits", "total_credits", "seq", "balance", "held_credits", "debt_credits", "expired_credits",
		"open_lot", "open_left", "open_expires_us", "as_of_us", "next_event_us", "active_holds", "head_hash",
		"archived_seq",
	}
	if b.row.UpdatedAt.IsZero() && want.AsOfUs > 0 {
		want.UpdatedAt = column.Time(want.AsOfUs)
		columns = append(columns, "updated_at")
	}
	_, err := b.db.NewUpdate().Model(want).Column(columns...).Where("user_uuid = ?", want.UserUUID).Exec(ctx)
	return err
}

func (b *rebuilder) writeLots(ctx context.Context) error {
	var rows []*credits.Lot
	for _, id := range sortedKeys(b.lots) {
		row := b.replay.lots[id].row(b.replay.openOf(id, b.open))
		rows = append(rows, &row)
	}
	columns := []string{"granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws"}
	return store.InChunks(rows, func(rows []*credits.Lot) error {
		_, err := store.Upsert(b.db, &rows, "user_uuid, lot", columns).Exec(ctx)
		return err
	})
}

func (b *rebuilder) writeHolds(ctx context.Context) error {
	var rows []*credits.HoldRecord
	for _, id := range sortedKeys(b.holds) {
		row, err := b.replay.holds[id].row()
		if err != nil {
			return err
		}
		rows = append(rows, &row)
	}
	columns := []string{
		"hold_key", "amount", "captured", "remaining", "status", "due_us", "created_us", "trans_type", "allocations",
	}
	return store.InChunks(rows, func(rows []*credits.HoldRecord) error {
		_, err := store.Upsert(b.db, &rows, "user_uuid, hold_seq", columns).Exec(ctx)
		return err
	})
}

// writeBudgets writes what budgets have counted.
func (b *rebuilder) writeBudgets(ctx context.Context) error {
	for _, id := range sortedKeys(b.budgets) {
		q := b.db.NewUpdate().Model((*credits.Budget)(nil)).Where("id = ? AND user_uuid = ?", id, b.params.UserUUID)
		for column, spent := range b.budgets[id] {
			q = q.Set("? = ?", bun.Ident(column), spent)
		}
		if _, err := q.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// removeExtra removes lots and holds that history does not know.
func (b *rebuilder) removeExtra(ctx context.Context) error {
	err := store.InChunks(b.extraLots, func(ids []int64) error {
		_, err := b.db.NewDelete().Model((*credits.Lot)(nil)).
			Where("user_uuid = ? AND lot IN (?)", b.params.UserUUID, bun.List(ids)).Exec(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return store.InChunks(b.extraHolds, func(ids []int64) error {
		_, err := b.db.NewDelete().Model((*credits.HoldRecord)(nil)).
			Where("user_uuid = ? AND hold_seq IN (?)", b.params.UserUUID, bun.List(ids)).Exec(ctx)
		return err
	})
}
