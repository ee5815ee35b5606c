package audit

import (
	"context"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/archived"
)

// entries calls take with the user's entries in the order of their seq.
func (rd *reader) entries(ctx context.Context, user string, take func(*credits.Entry)) error {
	if rd.pack != nil {
		rows := rd.pack.entries[user]
		for i := range rows {
			take(&rows[i])
		}
		rd.read += int64(len(rows))
		return nil
	}
	seq, id := int64(minNumber), int64(0)
	for {
		// Two entries with one seq must not hide at the end of a page.
		rows, err := rd.history(ctx, pageRows, "user_uuid = ? AND seq >= ? AND (seq > ? OR id > ?)", user, seq, seq, id)
		if err != nil {
			return err
		}
		for i := range rows {
			take(&rows[i])
		}
		rd.read += int64(len(rows))
		rd.tick(rd.read)
		if len(rows) < pageRows {
			return nil
		}
		seq, id = rows[len(rows)-1].Seq, rows[len(rows)-1].ID
	}
}

// lots calls take with the user's rows of credits_lots.
func (rd *reader) lots(ctx context.Context, user string, take func(*credits.Lot) error) error {
	if rd.pack != nil {
		return each(rd.pack.lots[user], take)
	}
	return pages(func(last *credits.Lot) (rows []credits.Lot, err error) {
		after := int64(minNumber)
		if last != nil {
			after = last.Lot
		}
		err = rd.query(&rows).Where("user_uuid = ? AND lot > ?", user, after).
			OrderExpr("lot").Limit(pageRows).Scan(ctx)
		return rows, err
	}, take)
}

// minNumber is below any number that a tampered row may have.
const minNumber = -1 << 62

// holds calls take with the user's rows of credits_holds.
func (rd *reader) holds(ctx context.Context, user string, take func(*credits.HoldRecord) error) error {
	if rd.pack != nil {
		return each(rd.pack.holds[user], take)
	}
	return pages(func(last *credits.HoldRecord) (rows []credits.HoldRecord, err error) {
		after := int64(minNumber)
		if last != nil {
			after = last.HoldSeq
		}
		err = rd.query(&rows).Where("user_uuid = ? AND hold_seq > ?", user, after).
			OrderExpr("hold_seq").Limit(pageRows).Scan(ctx)
		return rows, err
	}, take)
}

// budgets calls take with the user's rows of credits_budgets.
func (rd *reader) budgets(ctx context.Context, user string, take func(*credits.Budget) error) error {
	if rd.pack != nil {
		return each(rd.pack.budgets[user], take)
	}
	return pages(func(last *credits.Budget) (rows []credits.Budget, err error) {
		after := int64(minNumber)
		if last != nil {
			after = last.ID
		}
		err = rd.query(&rows).Where("user_uuid = ? AND id > ?", user, after).
			OrderExpr("id").Limit(pageRows).Scan(ctx)
		return rows, err
	}, take)
}

// pages reads page after page until one is not full.
func pages[T any](read func(last *T) ([]T, error), take func(*T) error) error {
	for last := (*T)(nil); ; {
		rows, err := read(last)
		if err != nil {
			return err
		}
		if err := each(rows, take); err != nil || len(rows) < pageRows {
			return err
		}
		last = &rows[len(rows)-1]
	}
}

func each[T any](rows []T, take func(*T) error) error {
	for i := range rows {
		if err := take(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// sharedKeys reports operations that share an idempotency key. The unique
// index forbids them where it is in force.
func (rd *reader) sharedKeys(ctx context.Context, r *replay) error {
	var keys []string
	if rd.pack != nil {
		keys = rd.pack.shared[r.user]
	} else {
		// Nothing is locked for it: no engine locks in both halves, and who holds the
		// account is the only one to write there.
		err := rd.db.NewRaw("SELECT op_key FROM (?) AS operations GROUP BY op_key HAVING COUNT(*) > 1 ORDER BY op_key",
			archived.Entries.Both("SELECT op_key FROM credits_trans WHERE user_uuid = ? AND op_key IS NOT NULL "+
				"AND seq IS NOT NULL", r.user)).Scan(ctx, &keys)
		if err != nil {
			return err
		}
	}
	for _, key := range keys {
		r.reportf(BreachKey, 0, "several operations have the key %q", key)
	}
	return nil
}
