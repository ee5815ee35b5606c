package credits

import (
	"context"
	"slices"
	"time"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultCarryOverWithin is how long before a grant the earlier one may have
// expired and still be carried over, unless CarryOver.Within says otherwise.
const DefaultCarryOverWithin = 24 * time.Hour

// CarryOver lets a renewal keep what was left unspent from the previous grant.
//
// Carried-over credits form a lot of their own with the new grant's expiry.
// They still belong to the earlier grant: a claw-back of that grant finds them,
// through any number of renewals, and a claw-back of the renewal does not touch
// them.
type CarryOver struct {
	// GrantKey is the idempotency key of the earlier grant. Its free credits
	// move, including those that it had carried over itself; held credits stay.
	GrantKey string
	// Max is the most that moves, in credits.
	Max int64
	// Within is how long before the new grant the earlier one may have expired;
	// 0 means DefaultCarryOverWithin. Nothing moves from a grant that expired
	// longer ago.
	Within time.Duration
}

func (c *CarryOver) check() error {
	if c == nil {
		return nil
	}
	err := valid.First(requireKey("CarryOver.GrantKey", c.GrantKey), valid.Amount("CarryOver.Max", c.Max))
	if err == nil && (c.Within < 0 || c.Within > maxSpan) {
		return valid.Failf("CarryOver.Within", "%v is not between 0 and 100 years", c.Within)
	}
	return err
}

func (c *CarryOver) within() int64 {
	if c.Within == 0 {
		return DefaultCarryOverWithin.Microseconds()
	}
	return c.Within.Microseconds()
}

// plan lists what moves, in burn order.
func (c *CarryOver) plan(ctx context.Context, a *account) ([]portion, error) {
	if c == nil {
		return nil, nil
	}
	own, first, err := a.lotByKey(ctx, c.GrantKey)
	if err != nil {
		return nil, err
	}
	lots, err := a.lotsGranted(ctx, own, first)
	if err != nil {
		return nil, err
	}
	var moves []portion
	left := c.Max
	for _, l := range lots {
		take := min(left, l.Free)
		if take == 0 || a.AsOfUs-l.ExpiresUs > c.within() {
			continue
		}
		moves = append(moves, portion{l, take})
		left -= take
	}
	return moves, nil
}

// carry moves credits into a lot beside a new grant. The lot gets the number of the entry that
// takes them out.
func (a *account) carry(b *builder, from portion, into *lot) {
	a.post(b, from.lot, TypeCarryOver, -from.amount, 0)
	l := &lot{fresh: true, Lot: Lot{
		UserUUID: a.UserUUID, Lot: a.Seq, Granted: from.amount, Paid: into.Paid, Live: true,
		ExpiresUs: into.ExpiresUs, CreatedUs: a.AsOfUs, Origin: from.lot.root(),
	}}
	a.lots[l.Lot.Lot] = l
	a.post(b, l, TypeCarryOver, from.amount, 0)
}

// root returns the number of the grant that a lot's credits come from.
func (l *Lot) root() int64 {
	if l.Origin != 0 {
		return l.Origin
	}
	return l.Lot
}

// rootOf returns the lot of the grant that a lot's credits come from.
func (a *account) rootOf(ctx context.Context, l *lot) (*lot, error) {
	if l.Origin == 0 {
		return l, nil
	}
	lots, err := a.book.lotsByID(ctx, a, []int64{l.Origin})
	return lots[l.Origin], err
}

// lotsGranted lists the lots that a grant made: its own, then those of what was
// carried over into it.
func (a *account) lotsGranted(ctx context.Context, own *lot, first *Entry) ([]*lot, error) {
	entries, err := a.entriesOf(ctx, first)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, e := range entries {
		if e.TransType == TypeCarryOver && e.Credits > 0 {
			ids = append(ids, e.Lot)
		}
	}
	carried, err := a.book.lotsByID(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	out := []*lot{own}
	for _, id := range ids {
		out = append(out, carried[id])
	}
	return out, nil
}

// lotsOfRoot lists the lots that hold a grant's credits: its own, then those into which they
// were carried over, oldest first.
func (a *account) lotsOfRoot(ctx context.Context, root *lot) ([]*lot, error) {
	var ids []int64
	err := a.book.db.NewRaw("SELECT lot FROM credits_lots WHERE user_uuid = ? AND origin = ?",
		a.UserUUID, root.Lot.Lot).Scan(ctx, &ids)
	if err != nil {
		return nil, err
	}
	for id, l := range a.lots {
		if l.Origin == root.Lot.Lot {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	lots, err := a.book.lotsByID(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	out := []*lot{root}
	for _, id := range ids {
		out = append(out, lots[id])
	}
	return out, nil
}
