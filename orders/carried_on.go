package orders

import (
	"context"
	"errors"
	"iter"
	"math"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// carriedOn is what renewals kept of an order's credits. From then on they have the time of
// the latest of these renewals, and what was not kept expires as before, usually then.
type carriedOn struct {
	// links are the renewals, each of which kept what was left of the one before. So many of them
	// bound what there may be: all but the last, while what that did not keep lives on.
	links  []link
	bounds int
	// net is how many of the order's credits were granted and not taken back when they were
	// last kept. What is given of more than these expires with what was not kept.
	net int64
	// least is that for the last of all, too.
	least int64
	// lives means that what was not kept has not expired: the renewal came early, or in the
	// time of grace.
	lives bool
	// late means that they were granted after the renewal had looked for them.
	late bool
	// claws is what was taken back of the order's grant.
	claws taken
	// regranted is the number of the entry that granted them anew since they were first kept, 0
	// for none.
	regranted int64
}

// link is a renewal that kept credits of an order.
type link struct {
	by *Order
	// grant is its first grant, which kept them.
	grant *credits.Operation
	// net is how many of the order's credits were granted and not taken back then.
	net int64
}

// carriedOn returns what renewals kept of the order's credits, nil where none looked.
func (o *Order) carriedOn(ctx context.Context, tx bun.Tx, at time.Time) (*carriedOn, error) {
	by, grant, err := o.carriedInto(ctx, tx)
	if err != nil || by == nil {
		return nil, err
	}
	over, err := o.expired(ctx, tx, o.CreditsExpireAt, at)
	if err != nil {
		return nil, err
	}
	on := &carriedOn{lives: !over, late: by.CarriedRegrants == nothing}
	on.claws, err = o.taken(ctx, tx)
	if err != nil {
		return nil, err
	}
	before := o.inLedger()
	if by.CarriedNet != nil {
		before = *by.CarriedNet
	}
	own, err := ledgerDid(ctx, tx, o.UserUUID, o.grantKey())
	if err = unless(err, credits.ErrNotFound); err != nil {
		return nil, err
	}
	granted := int64(math.MaxInt64) // not yet
	if own != nil {
		granted = own.Entries[0].Seq
	}
	if on.net = before; own != nil && o.Regrants > max(by.CarriedRegrants, 0) { // see keepMore
		on.regranted, on.net = granted, o.inLedger()
		if len(on.claws) > 0 && on.claws[0].Key == o.reclaimKey() {
			on.net -= on.claws[0].Total
		}
	}
	for by != nil {
		l := link{by: by, grant: grant, net: before}
		if seq := grant.Entries[0].Seq; len(on.links) > 0 && seq > granted {
			l.net = o.inLedger() - on.claws.before(seq)
		}
		on.links = append(on.links, l)
		if by, grant, err = by.carriedInto(ctx, tx); err != nil {
			return nil, err
		}
	}
	return on, on.bound(ctx, tx, o, granted, at)
}

// bound finds which renewals bound what there may be of the order's credits, the grant of which
// has the entry granted.
func (on *carriedOn) bound(ctx context.Context, tx bun.Tx, o *Order, granted int64, at time.Time) error {
	on.least, on.bounds = on.net, len(on.links)
	if last := on.bounds - 1; last > 0 && !on.apart(o) {
		end := on.links[last-1].by.CreditsExpireAt
		over, err := o.expired(ctx, tx, end, at)
		if err != nil {
			return err
		}
		if !over && end.Before(on.links[last].by.CreditsExpireAt) {
			on.bounds = last
		}
	}
	for i, l := range on.links {
		if i == 0 || l.grant.Entries[0].Seq < granted {
			continue
		}
		if on.least = min(on.least, l.net); i < on.bounds {
			on.net = min(on.net, l.net)
		}
	}
	return nil
}

// taken are claw-backs of an order's grant, with their entries.
type taken []struct {
	mend.ClawBack
	entries []credits.Entry
}

// taken returns what was taken back of the order's grant, in its order.
func (o *Order) taken(ctx context.Context, tx bun.Tx) (taken, error) {
	s, err := o.reversals()
	if err != nil {
		return nil, err
	}
	claws := make(taken, len(s.ClawBacks))
	for i, claw := range s.ClawBacks {
		claws[i].ClawBack = claw
		op, err := ledgerDid(ctx, tx, o.UserUUID, claw.Key)
		if errors.Is(err, credits.ErrNotFound) { // it is still to be made again
			continue
		}
		if err != nil {
			return nil, err
		}
		claws[i].entries = op.Entries
	}
	return claws, nil
}

// before returns how much was taken back in all before an entry.
func (t taken) before(seq int64) int64 {
	var total int64
	for _, claw := range t {
		if len(claw.entries) > 0 && claw.entries[0].Seq < seq {
			total = claw.Total
		}
	}
	return total
}

// carriedInto returns the renewal that looked for what was left of the order's credits, and
// its first grant; nil for none, and for one that keeps nothing: it grants nothing, or ends
// earlier.
func (o *Order) carriedInto(ctx context.Context, tx bun.Tx) (*Order, *credits.Operation, error) {
	if o.SubID == "" {
		return nil, nil, nil
	}
	var found []Order
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&found)).Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", o.SubID).
		Where("carried_from = ?", o.OrderNo).OrderExpr("id").Limit(1).Scan(ctx)
	if err != nil || len(found) == 0 {
		return nil, nil, dialect.Classify(err)
	}
	by := &found[0]
	if o.outlives(by) {
		return nil, nil, nil
	}
	grant, err := by.firstGrant(ctx, tx)
	if err != nil || grant == nil {
		return nil, nil, err
	}
	return by, grant, nil
}

// firstGrant returns what first granted the order's credits, nil for nothing: it may have bought
// nothing at first.
func (o *Order) firstGrant(ctx context.Context, tx bun.Tx) (*credits.Operation, error) {
	for n := range o.Regrants + 1 {
		op, err := ledgerDid(ctx, tx, o.UserUUID, grantKey(o.OrderNo, n))
		if !errors.Is(err, credits.ErrNotFound) {
			return op, err
		}
	}
	return nil, nil
}

// ledgerDid reads an operation. A caller's transaction that is behind may not see it, and is
// then to be run again.
func ledgerDid(ctx context.Context, tx bun.Tx, user, key string) (*credits.Operation, error) {
	op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: user, Key: key})
	if errors.Is(err, credits.ErrNotFound) && rows.Behind(ctx, tx) {
		return nil, &dialect.Error{
			Kind: dialect.KindTransient, Engine: dialect.Of(tx).Engine,
			Err: errors.New("orders: the transaction began to read before others committed what it needs of the ledger"),
		}
	}
	return op, err
}

// kept returns how many credits a renewal kept with its first grant, with what one kept that ends
// sooner and whose place it took when it was told: see carryLate. among are all orders of the
// subscription, by their numbers.
func (l *link) kept(ctx context.Context, tx bun.Tx, among map[string]*Order) (int64, error) {
	sum := carried(l.grant)
	for _, other := range among {
		if other.CarriedFrom != l.by.OrderNo || !l.by.outlives(other) {
			continue
		}
		grant, err := other.firstGrant(ctx, tx)
		if err != nil {
			return 0, err
		}
		if grant != nil {
			sum += carried(grant)
		}
	}
	return sum, nil
}

// carriedBy yields the lots into which an operation carried credits over, with how many.
func carriedBy(grant *credits.Operation) iter.Seq2[int64, int64] {
	return func(yield func(lot, amount int64) bool) {
		for _, e := range grant.Entries {
			if e.TransType == credits.TypeCarryOver && e.Credits > 0 && !yield(e.Lot, e.Credits) {
				return
			}
		}
	}
}

// carried returns how many credits an operation carried over.
func carried(grant *credits.Operation) (sum int64) {
	for _, amount := range carriedBy(grant) {
		sum += amount
	}
	return sum
}

// grown returns how many credits turned out later, after an entry, of other orders before the
// renewal: it keeps them, too.
func (l *link) grown(ctx context.Context, tx bun.Tx, o *Order, since int64, among map[string]*Order) (sum int64, err error) {
	for next, from := l.by, among[l.by.CarriedFrom]; from != nil; next, from = from, among[from.CarriedFrom] {
		if from.OrderNo == o.OrderNo || !from.granted() || next.CarriedNet == nil || from.Regrants <= max(next.CarriedRegrants, 0) {
			continue
		}
		op, err := ledgerDid(ctx, tx, o.UserUUID, from.grantKey())
		if err != nil {
			return 0, err
		}
		if op.Entries[0].Seq > since {
			sum += max(from.inLedger()-*next.CarriedNet, 0)
		}
	}
	return sum, nil
}

// most returns how many of the order's credits might have been granted without any that the
// renewals that bound them would not have kept. One that kept less than its maximum kept all
// that was left.
func (on *carriedOn) most(ctx context.Context, tx bun.Tx, o *Order) (int64, error) {
	among, err := o.ofSubscription(ctx, tx)
	if err != nil {
		return 0, err
	}
	s, err := o.reversals()
	if err != nil {
		return 0, err
	}
	most := int64(valid.MaxAmount)
	for i := range on.bounds {
		l := &on.links[i]
		seq := l.grant.Entries[0].Seq
		kept, err := l.kept(ctx, tx, among)
		if err != nil {
			return 0, err
		}
		for _, later := range on.links[i+1:] {
			if later.grant.Entries[0].Seq < seq { // told first, it kept what this one would have
				kept += carried(later.grant)
			}
		}
		grown, err := l.grown(ctx, tx, o, seq, among)
		if err != nil {
			return 0, err
		}
		most = min(most, l.net+max(l.by.CarryOver-kept-grown, 0))
		if on.regranted == 0 || seq > on.regranted || s.Most == nil {
			continue
		}
		if grown, err = l.grown(ctx, tx, o, on.regranted, among); err != nil {
			return 0, err
		}
		most = min(most, *s.Most-grown)
	}
	return most, nil
}

// ofSubscription returns the paid orders of the order's subscription, by their numbers, with the
// order itself as it is at hand.
func (o *Order) ofSubscription(ctx context.Context, tx bun.Tx) (map[string]*Order, error) {
	var all []*Order
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&all)).Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", o.SubID).
		Where("paid_amount IS NOT NULL").Scan(ctx)
	byNo := make(map[string]*Order, len(all))
	for _, other := range all {
		byNo[other.OrderNo] = other
	}
	byNo[o.OrderNo] = o
	return byNo, dialect.Classify(err)
}

// lockedAmong returns the order, locked: the one of these that it is, or its row.
func (o *Order) lockedAmong(ctx context.Context, tx bun.Tx, among []*Order) (*Order, error) {
	for _, known := range among {
		if known.OrderNo == o.OrderNo {
			return known, nil
		}
	}
	return lockOrder(ctx, tx, o.UserUUID, o.OrderNo)
}
