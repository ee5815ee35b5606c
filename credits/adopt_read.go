package credits

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// Reads do in memory the takeover that verbs store, so they show the same result, write
// nothing, and work in READ ONLY transactions.

// foreign reports whether the row does not show the account's balance: another program has
// changed left_credits, or the ledger has no entry yet.
func (a *account) foreign() bool {
	return !a.virtual && (a.loaded.drift() != 0 || a.loaded.watched() || a.loaded.Seq == 0 && a.loaded.TotalCredits != 0)
}

// preview brings an account that was read without a lock to the state in which a verb at
// time at would find it.
func preview(ctx context.Context, db bun.IDB, user string, at int64) (*account, *takeover, error) {
	for try := 1; ; try++ {
		a, err := readAccount(ctx, db, user)
		if err != nil {
			return nil, nil, err
		}
		if a.virtual {
			return a, nil, nil
		}
		t, err := a.previewAt(ctx, at)
		if err != nil || try == readTries {
			return a, t, err
		}
		// Rows and lots were read by other statements, which may have seen more.
		again, err := readAccount(ctx, db, user)
		if err != nil || again.loaded.Seq == a.loaded.Seq && again.loaded.LeftCredits == a.loaded.LeftCredits {
			return a, t, err
		}
	}
}

func (a *account) previewAt(ctx context.Context, at int64) (*takeover, error) {
	a.book.accounts[a.UserUUID] = a
	if err := a.book.prefetch(ctx); err != nil {
		return nil, err
	}
	rows, err := a.book.foreignRows(ctx, []string{a.UserUUID})
	if err != nil {
		return nil, err
	}
	t := newTakeover(a, rows[a.UserUUID], at)
	t.limit = max(t.limit, nowUs())
	return t, t.run(ctx)
}

// foreignBalance returns the balance of an account with something to take over.
func foreignBalance(ctx context.Context, db bun.IDB, user string, at int64, now bool) (*account, *BalanceResult, error) {
	a, t, err := preview(ctx, db, user, at)
	if err != nil {
		return nil, nil, err
	}
	if at < a.AsOfUs && !now {
		if t == nil || a.loaded.Seq > 0 {
			out, err := past(ctx, db, user, at)
			return a, out, err
		}
		return a, a.planned(at), nil
	}
	return a, nil, a.advance(ctx, at)
}

// planned returns the balance at a past time of an account whose entries are all in memory.
func (a *account) planned(at int64) *BalanceResult {
	out := &BalanceResult{UserUUID: a.UserUUID, At: column.Time(at)}
	type sum struct{ left, expires int64 }
	lots := map[int64]*sum{}
	for _, e := range a.entries {
		if e.AtUs > at {
			continue
		}
		if e.Lot == column.DebtLot {
			out.Debt -= e.Credits
			continue
		}
		if lots[e.Lot] == nil {
			lots[e.Lot] = &sum{expires: e.ExpiresUs}
			out.Total = column.Earned(out.Total, e.Credits)
		}
		lots[e.Lot].left += e.Credits
	}
	next := int64(column.Never)
	for _, l := range lots {
		switch {
		case l.expires <= at:
			out.Expired += l.left
		case l.left > 0:
			out.Available += l.left
			next = min(next, l.expires)
		}
	}
	out.NextExpiry = expiryTime(next)
	return out
}
