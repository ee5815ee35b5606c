package credits

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
)

// hold is a hold in memory.
type hold struct {
	HoldRecord
	saved HoldRecord
	fresh bool
	// orderNo and genID are those of the hold's own entries.
	orderNo, genID string
	// parts are what is still held of each lot, in the order of drawing.
	parts []column.HoldPart
}

func (h *hold) clone() hold {
	c := *h
	c.parts = slices.Clone(h.parts)
	return c
}

// reference is the order or the generation that a hold was made for.
type reference struct{ orderNo, genID string }

// adoptHold adds a hold's row in memory, with the order or generation of the entry that made it.
func (a *account) adoptHold(row HoldRecord, made reference) error {
	if a.holds[row.HoldSeq] != nil {
		return nil
	}
	h := &hold{HoldRecord: row, saved: row, orderNo: made.orderNo, genID: made.genID}
	if row.Allocations != "" {
		if err := json.Unmarshal([]byte(row.Allocations), &h.parts); err != nil {
			return errBroken(a.UserUUID, "a hold's allocations do not parse")
		}
	}
	var held int64
	for _, part := range h.parts {
		held += part.Amount
	}
	if held != h.Remaining {
		return errBroken(a.UserUUID, "a hold's allocations are not what it holds")
	}
	a.holds[row.HoldSeq] = h
	return nil
}

// encodeParts updates the hold's row from its parts.
func (h *hold) encodeParts() {
	h.parts = slices.DeleteFunc(h.parts, func(p column.HoldPart) bool { return p.Amount == 0 })
	h.Remaining = 0
	for _, p := range h.parts {
		h.Remaining += p.Amount
	}
	h.Allocations = ""
	if len(h.parts) > 0 {
		h.Allocations = mustJSON(h.parts)
	}
}

func (h *hold) lotIDs() []int64 {
	ids := make([]int64, len(h.parts))
	for i, p := range h.parts {
		ids[i] = p.Lot
	}
	return ids
}

// readDueHolds reads the active holds whose timeout has passed.
func (b *book) readDueHolds(ctx context.Context, a *account, at int64) error {
	var rows []struct {
		HoldRecord `bun:",extend"`
		OrderNo    string `bun:",nullzero"`
		GenID      string `bun:",nullzero"`
	}
	err := b.db.NewRaw("SELECT "+store.Columns[HoldRecord](b.db, "h")+", t.order_no, t.gen_id FROM credits_holds AS h "+
		"LEFT JOIN credits_trans AS t ON t.user_uuid = h.user_uuid AND t.seq = h.hold_seq AND t.user_uuid = ? "+
		"WHERE h.user_uuid = ? AND h.status = ? AND h.due_us <= ?",
		a.UserUUID, a.UserUUID, HoldActive, at).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	references := map[int64]reference{}
	for _, row := range rows {
		references[row.HoldSeq] = reference{row.OrderNo, row.GenID}
		if a.behind {
			continue
		}
		if err := a.adoptHold(row.HoldRecord, references[row.HoldSeq]); err != nil {
			return err
		}
	}
	if a.behind {
		return b.holdsBySeq(ctx, a, references)
	}
	return nil
}

// holdsDue lists the active holds in memory whose timeout has passed.
func (a *account) holdsDue(at int64) []*hold {
	var due []*hold
	for _, h := range a.holds {
		if h.Status == HoldActive && h.DueUs <= at {
			due = append(due, h)
		}
	}
	slices.SortFunc(due, func(x, y *hold) int { return cmp.Compare(x.HoldSeq, y.HoldSeq) })
	return due
}

// holdByKey finds the hold that was made under key.
//
// Returns a *NotFoundError when there is none.
func (b *book) holdByKey(ctx context.Context, a *account, key string) (*hold, error) {
	for _, h := range a.holds {
		if h.HoldKey == key {
			return h, nil
		}
	}
	first, err := b.operation(ctx, a, key, "hold", KindHold)
	if err != nil {
		return nil, err
	}
	if err := b.holdsBySeq(ctx, a, map[int64]reference{first.OpSeq: {first.OrderNo, first.GenID}}); err != nil {
		return nil, err
	}
	return a.holds[first.OpSeq], nil
}

// holdsBySeq reads those of the holds that are not in memory. They are passed with their orders
// and generations.
func (b *book) holdsBySeq(ctx context.Context, a *account, references map[int64]reference) error {
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(references)), func(seq int64) bool { return a.holds[seq] != nil })
	from, lock := b.exactly(a, "credits_holds AS h")
	for chunk := range slices.Chunk(missing, store.MaxRows) {
		var rows []HoldRecord
		err := b.db.NewRaw("SELECT "+store.Columns[HoldRecord](b.db, "h")+" FROM "+from+" WHERE user_uuid = ? AND hold_seq IN (?)"+lock,
			a.UserUUID, bun.List(chunk)).Scan(ctx, &rows)
		if err != nil {
			return err
		}
		if len(rows) < len(chunk) {
			return errBroken(a.UserUUID, "a hold has no row")
		}
		for _, row := range rows {
			if err := a.adoptHold(row, references[row.HoldSeq]); err != nil {
				return err
			}
		}
	}
	return nil
}

// endHold returns what is still held to the grants that it came from; in an expired grant it
// counts as expired.
func (a *account) endHold(ctx context.Context, b *builder, h *hold, transType string, status HoldStatus) error {
	lots, err := a.book.lotsByID(ctx, a, h.lotIDs())
	if err != nil {
		return err
	}
	rest, err := a.giveBacks(ctx, b, h.portions(lots), true)
	if err != nil {
		return err
	}
	h.end(a, status)
	a.release(b, rest, transType)
	return nil
}

// portions are what is still held, by lot.
func (h *hold) portions(lots map[int64]*lot) []portion {
	parts := make([]portion, len(h.parts))
	for i, p := range h.parts {
		parts[i] = portion{lots[p.Lot], p.Amount}
	}
	return parts
}

// release returns held credits to their lots. They pay debt, which a claw-back may have made
// because it found them held.
func (a *account) release(b *builder, rest []giveBack, transType string) {
	for _, c := range rest {
		a.post(b, c.lot, transType, 0, -c.amount)
		a.payDebt(b, c.lot, c.amount)
		c.takeBack(a, b)
	}
}

// end closes the hold, which then holds nothing.
func (h *hold) end(a *account, status HoldStatus) {
	h.parts, h.Status = nil, status
	h.encodeParts()
	a.ActiveHolds--
}

// activeHold finds a hold that has not ended.
//
// Returns a *NotFoundError or a *HoldEndedError.
func (a *account) activeHold(ctx context.Context, key string) (*hold, error) {
	h, err := a.book.holdByKey(ctx, a, key)
	if err != nil {
		return nil, err
	}
	if h.Status != HoldActive {
		return nil, &HoldEndedError{UserUUID: a.UserUUID, Key: key, Status: h.Status}
	}
	return h, nil
}
