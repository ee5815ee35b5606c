package judge

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// account, entry, lot and hold are the ledger's rows.
type account struct {
	User, HeadHash                        string
	Seq, Balance, Left, Total, Held, Debt int64
	OpenLot, OpenLeft, AsOf               int64
}

type entry struct {
	User, Type, Key, Kind, OrderNo, GenID, Hash            string
	Seq, OpSeq, Target, Lot, Credits, Held, Balance, Avail int64
	At, Expires                                            int64
}

type lotRow struct {
	User                     string
	Lot, Granted, Free, Held int64
}

type holdRow struct {
	User, Status, Key   string
	Seq, Remaining, Due int64
}

type orderRow struct {
	No, User, Status, Sub                            string
	Amount, Paid, Credits, Refunded, RefundedCredits int64
}

type commissionRow struct {
	User, OrderNo, Status string
	Amount                int64
}

type generationRow struct {
	GenID, User, Status, ChargeKey, HoldKey string
	Cost, Refunded                          int64
}

type userRow struct{ UUID, Email, InvitedBy string }

type noteRow struct{ ID, User string }

// Books is all that a database holds, as rows.
type Books struct {
	accounts    []account
	entries     map[string][]entry // by account, in order
	lots        map[string][]lotRow
	holds       map[string][]holdRow
	orders      map[string]orderRow
	commissions map[string]commissionRow
	generations map[string]generationRow
	users       map[string]userRow
	notes       map[string]noteRow
}

// Read reads a database. Nobody should be writing to it.
func Read(ctx context.Context, db *bun.DB) (*Books, error) {
	b := &Books{
		entries: map[string][]entry{}, lots: map[string][]lotRow{}, holds: map[string][]holdRow{},
		orders: map[string]orderRow{}, commissions: map[string]commissionRow{},
		generations: map[string]generationRow{}, users: map[string]userRow{}, notes: map[string]noteRow{},
	}
	var err error
	b.accounts, err = read[account](ctx, db, `SELECT user_uuid AS "user", COALESCE(head_hash, '') AS head_hash, seq, balance,
		left_credits AS "left", total_credits AS total, held_credits AS held, debt_credits AS debt, open_lot, open_left,
		as_of_us AS as_of FROM credits ORDER BY user_uuid`)
	if err != nil {
		return nil, err
	}
	entries, err := read[entry](ctx, db, `SELECT user_uuid AS "user", trans_type AS type, COALESCE(op_key, '') AS "key",
		COALESCE(op_kind, '') AS kind, COALESCE(order_no, '') AS order_no, COALESCE(gen_id, '') AS gen_id, hash, seq, op_seq,
		COALESCE(target_seq, 0) AS target, lot, credits, held, balance, available AS avail, at_us AS at,
		expires_us AS expires FROM credits_trans WHERE seq IS NOT NULL ORDER BY user_uuid, seq`)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b.entries[e.User] = append(b.entries[e.User], e)
	}
	if err := b.readState(ctx, db); err != nil {
		return nil, err
	}
	return b, b.readDomains(ctx, db)
}

func (b *Books) readState(ctx context.Context, db *bun.DB) error {
	lots, err := read[lotRow](ctx, db, `SELECT user_uuid AS "user", lot, granted, free, held FROM credits_lots`)
	if err != nil {
		return err
	}
	for _, l := range lots {
		b.lots[l.User] = append(b.lots[l.User], l)
	}
	holds, err := read[holdRow](ctx, db, `SELECT user_uuid AS "user", status, hold_key AS "key", hold_seq AS seq, remaining,
		due_us AS due FROM credits_holds`)
	for _, h := range holds {
		b.holds[h.User] = append(b.holds[h.User], h)
	}
	return err
}

func (b *Books) readDomains(ctx context.Context, db *bun.DB) error {
	orders, err := read[orderRow](ctx, db, `SELECT order_no AS no, user_uuid AS "user", status, COALESCE(sub_id, '') AS sub, amount,
		COALESCE(paid_amount, 0) AS paid, COALESCE(credits, 0) AS credits, refunded_amount AS refunded, refunded_credits
		FROM orders`)
	if err != nil {
		return err
	}
	for _, o := range orders {
		b.orders[o.No] = o
	}
	commissions, err := read[commissionRow](ctx, db, `SELECT user_uuid AS "user", COALESCE(order_uuid, '') AS order_no, status,
		commission_amount AS amount FROM affiliates`)
	if err != nil {
		return err
	}
	for _, c := range commissions {
		b.commissions[c.OrderNo] = c
	}
	generations, err := read[generationRow](ctx, db, `SELECT gen_id, user_uuid AS "user", status,
		COALESCE(charge_key, '') AS charge_key, COALESCE(hold_key, '') AS hold_key, credits_cost AS cost,
		credits_refunded AS refunded FROM generations`)
	if err != nil {
		return err
	}
	for _, g := range generations {
		b.generations[g.GenID] = g
	}
	people, err := read[userRow](ctx, db, `SELECT uuid, email, COALESCE(invited_by, '') AS invited_by FROM users`)
	if err != nil {
		return err
	}
	for _, u := range people {
		b.users[u.UUID] = u
	}
	notes, err := read[noteRow](ctx, db, `SELECT id, user_uuid AS "user" FROM torture_notes`)
	for _, n := range notes {
		b.notes[n.ID] = n
	}
	return err
}

// read runs a query. Names stand in double quotes, which MySQL takes for text.
func read[T any](ctx context.Context, db *bun.DB, query string) ([]T, error) {
	var rows []T
	if db.Dialect().Name().String() == "mysql" {
		query = unquoted(query)
	}
	if err := db.NewRaw(query).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	return rows, nil
}

func unquoted(query string) string {
	out := []byte(query)
	for i, c := range out {
		if c == '"' {
			out[i] = '`'
		}
	}
	return string(out)
}
