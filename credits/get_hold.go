package credits

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// HoldInfo is a hold at one moment, in credits.
type HoldInfo struct {
	UserUUID string `json:"user_uuid"`
	// Key is the idempotency key of the operation that made it.
	Key string `json:"-"`
	// Type is the transaction type of what is captured.
	Type string `json:"type"`
	// Status is exact as of the requested moment: a hold whose timeout has
	// passed has timed out, whether or not it has been swept.
	Status HoldStatus `json:"status"`
	// Amount was held originally; Captured is how much of it has been spent.
	Amount   int64 `json:"amount"`
	Captured int64 `json:"captured"`
	// Remaining is still held, 0 once the hold has ended. Usable is the part of
	// it whose grants have not expired, the most that can be captured.
	Remaining int64 `json:"remaining"`
	Usable    int64 `json:"usable"`
	// CreatedAt is the time of the hold, DueAt when it times out, UTC.
	CreatedAt time.Time `json:"created_at,omitzero"`
	DueAt     time.Time `json:"due_at,omitzero"`
	// Allocations is what is still held of each grant, in the order of drawing.
	Allocations []HeldPart `json:"allocations,omitempty"`
}

// HeldPart is what a hold still holds of one grant.
type HeldPart struct {
	// Lot is the grant: the Seq of the entry that granted it.
	Lot int64 `json:"lot"`
	// Amount is in credits.
	Amount int64 `json:"amount"`
	// ExpiresAt is when the grant expires, zero for never.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// GetHoldParams name a hold.
type GetHoldParams struct {
	UserUUID string
	// HoldKey is the key of the hold.
	HoldKey string
	// At is the moment, zero for now. The hold is read as it is stored; At
	// decides whether it has timed out and which grants have expired.
	At time.Time
}

// GetHold reads a hold, active or ended.
//
// Errors: *InvalidError; *NotFoundError when there is no such hold;
// *dialect.Error.
func GetHold(ctx context.Context, db bun.IDB, p GetHoldParams) (*HoldInfo, error) {
	err := valid.First(checkAccount("UserUUID", p.UserUUID), requireKey("HoldKey", p.HoldKey), checkTime("At", p.At))
	if err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	var rows []HoldRecord
	err = db.NewRaw("?", archived.Entries.Both("SELECT "+store.Columns[HoldRecord](db, "h")+" FROM credits_trans AS t "+
		"JOIN credits_holds AS h ON h.user_uuid = ? AND h.hold_seq = t.seq "+
		"WHERE t.user_uuid = ? AND t.op_key = ?", p.UserUUID, p.UserUUID, p.HoldKey)).Scan(ctx, &rows)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	if len(rows) == 0 {
		return nil, notFound(p.UserUUID, "hold", "HoldKey", p.HoldKey)
	}
	infos, err := holdInfos(ctx, db, p.UserUUID, rows, nowOr(p.At))
	if err != nil {
		return nil, dialect.Classify(err)
	}
	return &infos[0], nil
}

// ListHoldsParams name a page of an account's active holds.
type ListHoldsParams struct {
	UserUUID string
	// At is the moment, zero for now; see GetHoldParams.
	At time.Time
	// Cursor is the [list.Page].Next of the page before, empty for the first.
	Cursor string
	// Limit is how many to read at most; 0 means list.DefaultLimit, and
	// list.MaxLimit is the maximum.
	Limit int
}

// ListHolds lists an account's active holds, soonest timeout first. A hold that
// is extended between two pages moves back in the list and may appear twice.
//
// Errors: *InvalidError; *dialect.Error.
func ListHolds(ctx context.Context, db bun.IDB, p ListHoldsParams) (*list.Page[HoldInfo], error) {
	limit, err := page.Limit(p.Limit)
	if err := valid.First(checkAccount("UserUUID", p.UserUUID), checkTime("At", p.At), err); err != nil {
		return nil, err
	}
	scope := fmt.Sprintf("holds %q", p.UserUUID)
	after, err := parsePlace(p.Cursor, scope)
	if err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	at := nowOr(p.At)
	query := "SELECT " + store.Columns[HoldRecord](db, "h") + " FROM credits_holds AS h WHERE user_uuid = ? AND status = ? AND due_us > ?"
	args := []any{p.UserUUID, HoldActive, at}
	if after != nil {
		query += " AND due_us >= ? AND (due_us > ? OR hold_seq > ?)"
		args = append(args, after.at, after.at, after.id)
	}
	var rows []HoldRecord
	err = db.NewRaw(query+" ORDER BY due_us, hold_seq LIMIT ?", append(args, limit+1)...).Scan(ctx, &rows)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = place{at: rows[limit-1].DueUs, id: rows[limit-1].HoldSeq}.cursor(scope)
	}
	infos, err := holdInfos(ctx, db, p.UserUUID, rows, at)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	return page.Of(infos, next), nil
}

// holdInfos describes holds as of time at.
func holdInfos(ctx context.Context, db bun.IDB, user string, rows []HoldRecord, at int64) ([]HoldInfo, error) {
	infos := make([]HoldInfo, len(rows))
	var lots []int64
	for i, row := range rows {
		info, err := holdInfo(row, at)
		if err != nil {
			return nil, err
		}
		for _, part := range info.Allocations {
			lots = append(lots, part.Lot)
		}
		infos[i] = info
	}
	expiries, err := lotExpiries(ctx, db, user, lots)
	if err != nil {
		return nil, err
	}
	for i := range infos {
		for j := range infos[i].Allocations {
			part := &infos[i].Allocations[j]
			part.ExpiresAt = expiryTime(expiries[part.Lot])
			if expiries[part.Lot] > at {
				infos[i].Usable += part.Amount
			}
		}
	}
	return infos, nil
}

func holdInfo(row HoldRecord, at int64) (HoldInfo, error) {
	info := HoldInfo{
		UserUUID: row.UserUUID, Key: row.HoldKey, Type: row.TransType, Status: row.Status,
		Amount: row.Amount, Captured: row.Captured, CreatedAt: column.Time(row.CreatedUs), DueAt: column.Time(row.DueUs),
	}
	if row.Status == HoldActive && row.DueUs <= at {
		info.Status = HoldTimedOut
	}
	if info.Status != HoldActive || row.Allocations == "" {
		return info, nil
	}
	var parts []column.HoldPart
	if err := json.Unmarshal([]byte(row.Allocations), &parts); err != nil {
		return info, errBroken(row.UserUUID, "a hold's allocations do not parse")
	}
	for _, p := range parts {
		info.Remaining += p.Amount
		info.Allocations = append(info.Allocations, HeldPart{Lot: p.Lot, Amount: p.Amount})
	}
	return info, nil
}

// lotExpiries reads when lots expire.
func lotExpiries(ctx context.Context, db bun.IDB, user string, lots []int64) (map[int64]int64, error) {
	out := make(map[int64]int64, len(lots))
	for len(lots) > 0 {
		n := min(len(lots), maxSeqs)
		var rows []Lot
		err := db.NewRaw("SELECT lot, expires_us FROM credits_lots WHERE user_uuid = ? AND lot IN (?)",
			user, bun.List(lots[:n])).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			out[row.Lot] = row.ExpiresUs
		}
		lots = lots[n:]
	}
	return out, nil
}
