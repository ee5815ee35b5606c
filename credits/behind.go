package credits

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/internal/archived"
)

// A caller's REPEATABLE READ transaction on MySQL reads from a snapshot that may be older
// than the account's row that it has just locked. Entries that others wrote in between are
// visible only to locking reads. Locking reads of a range, or of rows that do not exist, lock
// gaps, which reach into other accounts' keys and make those wait. So plain reads find out
// which rows exist, rows known to exist are then locked by their exact keys, and entries
// missing from the snapshot are found by their numbers, which have no gaps: the locked row has
// the last one.

// lookBehind finds what the snapshot lacks of a locked account.
func (b *book) lookBehind(ctx context.Context, a *account) error {
	// That a plain read shows the row as it is locked proves nothing: a transaction that
	// has changed the row itself sees its own version next to an older view of everything
	// else.
	a.behind = true
	first, last, err := b.behindSnapshot(ctx, a)
	if err != nil {
		return err
	}
	for ; first <= last; first += store.MaxRows {
		var seqs []int64
		for seq := first; seq < first+store.MaxRows && seq <= last; seq++ {
			seqs = append(seqs, seq)
		}
		if err := b.lockMissed(ctx, a, seqs); err != nil {
			return err
		}
	}
	return b.adoptMissed(ctx, a)
}

// lockMissed reads entries by their numbers under locks. Those that may have been archived
// since are looked up in the archive first, so that no gap is locked in credits_trans where
// they were.
func (b *book) lockMissed(ctx context.Context, a *account, seqs []int64) error {
	older, _ := slices.BinarySearch(seqs, a.ArchivedSeq+1)
	moved, err := b.lockEntries(ctx, a, archived.Entries.Archive(), seqs[:older])
	if err != nil {
		return err
	}
	rows, err := b.lockEntries(ctx, a, string(archived.Entries), slices.DeleteFunc(seqs, func(seq int64) bool {
		return slices.ContainsFunc(moved, func(e Entry) bool { return e.Seq == seq })
	}))
	a.missed = append(append(a.missed, moved...), rows...)
	return err
}

func (b *book) lockEntries(ctx context.Context, a *account, table string, seqs []int64) ([]Entry, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	var rows []Entry
	err := b.db.NewRaw("SELECT "+store.Columns[Entry](b.db, "t")+" FROM "+table+" AS t FORCE INDEX ("+table+"_seq_unique) "+
		"WHERE user_uuid = ? AND seq IN (?) FOR UPDATE", a.UserUUID, bun.List(seqs)).Scan(ctx, &rows)
	return rows, err
}

// behindSnapshot returns the first and last number of the entries that the snapshot lacks.
// Above them are the transaction's own, written under the lock; below them are those that
// existed when the snapshot was taken. The reads go upward in windows of numbers, because the
// in-memory store with which TiDB is tested ignores the snapshot when it reads downward.
func (b *book) behindSnapshot(ctx context.Context, a *account) (first, last int64, err error) {
	last = a.Seq
	for upTo := last; upTo > 0; upTo -= store.MaxRows {
		var rows []Entry
		err := b.db.NewRaw("? ORDER BY seq", a.history("SELECT seq, call_id FROM credits_trans WHERE user_uuid = ? AND seq > ? AND seq <= ?",
			a.UserUUID, upTo-store.MaxRows, upTo)).Scan(ctx, &rows)
		if err != nil {
			return 0, 0, err
		}
		for _, e := range slices.Backward(rows) {
			switch {
			case e.Seq != last:
				return e.Seq + 1, last, nil
			case !store.SameTransaction(e.CallID, b.call):
				return 1, 0, nil
			}
			last--
		}
	}
	return 1, last, nil
}

// adoptMissed reads the lots and holds that missed entries touched.
func (b *book) adoptMissed(ctx context.Context, a *account) error {
	slices.SortFunc(a.missed, func(x, y Entry) int { return int(x.Seq - y.Seq) })
	var lots, holds []int64
	for _, e := range a.missed {
		if e.Lot > 0 {
			lots = append(lots, e.Lot)
		}
		switch e.OpKind {
		case KindHold:
			holds = append(holds, e.Seq)
		case KindCapture, KindRelease, KindExtend, KindTimeout:
			holds = append(holds, e.TargetSeq)
		}
	}
	if a.OpenLot > 0 {
		lots = append(lots, a.OpenLot)
	}
	if _, err := b.lotsByID(ctx, a, distinct(lots)); err != nil {
		return err
	}
	references, err := b.referencesOf(ctx, a, distinct(holds))
	if err != nil {
		return err
	}
	return b.holdsBySeq(ctx, a, references)
}

// referencesOf returns what holds were made for, from the entries that made them.
func (b *book) referencesOf(ctx context.Context, a *account, holds []int64) (map[int64]reference, error) {
	if len(holds) == 0 {
		return nil, nil
	}
	var rows []Entry
	err := b.db.NewRaw("?", a.history("SELECT seq, order_no, gen_id FROM credits_trans WHERE user_uuid = ? AND seq IN (?)",
		a.UserUUID, bun.List(holds))).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	rows = a.withMissed(rows, func(e *Entry) bool { return e.OpKind == KindHold })
	references := map[int64]reference{}
	for _, e := range rows {
		references[e.Seq] = reference{e.OrderNo, e.GenID}
	}
	return references, nil
}

func distinct(numbers []int64) []int64 {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// missedEntries returns the matching entries that the snapshot lacks.
func (a *account) missedEntries(match func(*Entry) bool) []Entry {
	var out []Entry
	for i := range a.missed {
		if match(&a.missed[i]) {
			out = append(out, a.missed[i])
		}
	}
	return out
}

// withMissed merges them into what a plain read found.
func (a *account) withMissed(rows []Entry, match func(*Entry) bool) []Entry {
	rows = append(rows, a.missedEntries(match)...)
	slices.SortFunc(rows, func(x, y Entry) int { return int(x.Seq - y.Seq) })
	return rows
}
