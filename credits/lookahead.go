package credits

import (
	"context"

	"github.com/uptrace/bun"
)

// Reading an account as of some time needs its row, the grants and holds that fall due until
// then, and the grant that is spent next. At READ COMMITTED, several statements would see
// different moments, and a lock would make others wait and fail in a READ ONLY transaction. One
// statement sees one moment on every engine, at every isolation level.

// aheadRow is a row of any of the three tables: numbers and a text.
type aheadRow struct {
	Part                                                   string
	N1, N2, N3, N4, N5, N6, N7, N8, N9, N10, N11, N12, N13 int64
	Text                                                   string `bun:",nullzero"`
}

const (
	aheadAccount = "SELECT 'account' AS part, left_credits AS n1, total_credits AS n2, seq AS n3, balance AS n4, " +
		"held_credits AS n5, debt_credits AS n6, expired_credits AS n7, open_lot AS n8, open_left AS n9, " +
		"open_expires_us AS n10, as_of_us AS n11, next_event_us AS n12, active_holds AS n13, '' AS text " +
		"FROM credits WHERE user_uuid = ?"
	aheadLot = "SELECT 'lot' AS part, lot AS n1, granted AS n2, free AS n3, held AS n4, CASE WHEN paid THEN 1 ELSE 0 END AS n5, " +
		"expires_us AS n6, created_us AS n7, COALESCE(origin, 0) AS n8, 0 AS n9, 0 AS n10, 0 AS n11, 0 AS n12, 0 AS n13, " +
		"claws AS text FROM credits_lots WHERE user_uuid = ? AND live = ? AND "
	aheadHold = "SELECT 'hold', hold_seq, amount, captured, remaining, due_us, created_us, 0, 0, 0, 0, 0, 0, 0, allocations " +
		"FROM credits_holds WHERE user_uuid = ? AND status = ? AND due_us <= ?"

	//nolint:unqueryvet // the inner SELECT names the columns; SQLite wants one around its LIMIT
	aheadQuery = aheadAccount +
		" UNION ALL " + aheadLot + "(expires_us <= ? OR held > 0)" +
		" UNION ALL SELECT * FROM (" + aheadLot + "expires_us > ? AND held = 0 AND free > 0 ORDER BY " + burnOrder + " LIMIT 1) AS spent_next" +
		" UNION ALL " + aheadHold
)

// readTries limits the attempts to read an account that keeps changing.
const readTries = 20

// lookAhead reads an account and brings it to time at, in memory. It reads only the grants that
// are due, held, or spent next.
func lookAhead(ctx context.Context, db bun.IDB, user string, at int64) (*account, error) {
	for try := 1; ; try++ {
		a, err := readAhead(ctx, db, user, at)
		if err != nil {
			return nil, err
		}
		if err := a.advance(ctx, at); err != nil || !a.tracesHistory() || try == readTries {
			return a, err
		}
		again, err := readAccount(ctx, db, user)
		if err != nil || again.loaded.Seq == a.loaded.Seq {
			return a, err
		}
	}
}

// tracesHistory reports whether a timeout had to read history, which may be from a later moment:
// that is so for holds on grants that were clawed back.
func (a *account) tracesHistory() bool {
	for _, l := range a.lots {
		if l.Claws != "" || l.Origin != 0 {
			return len(a.holds) > 0
		}
	}
	return false
}

func readAhead(ctx context.Context, db bun.IDB, user string, at int64) (*account, error) {
	var rows []aheadRow
	err := db.NewRaw(aheadQuery, user, user, true, at, user, true, at, user, HoldActive, at).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	b := newBook(db, []*spec{{user: user}})
	a := newVirtualAccount(b, user)
	for _, row := range rows {
		if row.Part == "account" {
			a = newAccount(b, row.account(user))
		}
	}
	a.complete, a.ahead = true, true
	for _, row := range rows {
		switch row.Part {
		case "lot":
			a.adopt(row.lot(user))
		case "hold":
			if err := a.adoptHold(row.hold(user), reference{}); err != nil {
				return nil, err
			}
		}
	}
	if a.OpenLot != 0 { // unless it is among them
		a.adopt(Lot{UserUUID: user, Lot: a.OpenLot, Live: true, ExpiresUs: a.OpenExpiresUs})
	}
	return a, nil
}

func (r *aheadRow) account(user string) Account {
	return Account{
		UserUUID: user, LeftCredits: r.N1, TotalCredits: r.N2, Seq: r.N3, Balance: r.N4, HeldCredits: r.N5,
		DebtCredits: r.N6, ExpiredCredits: r.N7, OpenLot: r.N8, OpenLeft: r.N9, OpenExpiresUs: r.N10,
		AsOfUs: r.N11, NextEventUs: r.N12, ActiveHolds: r.N13,
	}
}

func (r *aheadRow) lot(user string) Lot {
	return Lot{
		UserUUID: user, Lot: r.N1, Granted: r.N2, Free: r.N3, Held: r.N4, Paid: r.N5 == 1,
		ExpiresUs: r.N6, CreatedUs: r.N7, Origin: r.N8, Live: true, Claws: r.Text,
	}
}

func (r *aheadRow) hold(user string) HoldRecord {
	return HoldRecord{
		UserUUID: user, HoldSeq: r.N1, Amount: r.N2, Captured: r.N3, Remaining: r.N4,
		DueUs: r.N5, CreatedUs: r.N6, Status: HoldActive, Allocations: r.Text,
	}
}
