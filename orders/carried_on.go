package orders

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// carriedOn is what renewals kept of an order's credits. From then on they have the time of
// the latest of these renewals, and what was not kept expires as before, usually then.
type carriedOn struct {
	// by is the first of the renewals, and grant its first grant, which kept them.
	by    *Order
	grant *credits.Operation
	// net is how many of the order's credits were granted and not taken back when they were
	// last kept. What is given of more than these expires with what was not kept.
	net int64
	// before is that number when they were kept first.
	before int64
	// lives means that what was not kept has not expired: the renewal came early, or in the
	// time of grace.
	lives bool
	// late means that they were granted after the renewal had looked for them.
	late bool
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
	on := &carriedOn{by: by, grant: grant, before: o.inLedger(), lives: !over, late: by.CarriedRegrants == nothing}
	if by.CarriedNet != nil {
		on.before = *by.CarriedNet
	}
	if on.net = on.before; o.Regrants > max(by.CarriedRegrants, 0) { // see keepMore
		on.net = o.inLedger()
	}
	return on, nil
}

// carriedInto returns the renewal that looked for what was left of the order's credits, and
// its first grant; nil for none, and for one that grants nothing and so keeps nothing.
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
	grant, err := ledgerDid(ctx, tx, o.UserUUID, grantKey(by.OrderNo, 0))
	if errors.Is(err, credits.ErrNotFound) {
		return nil, nil, nil
	}
	return by, grant, err
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

// room returns how many more of the order's credits a renewal might have kept. One that kept
// less than its maximum kept all that was left. among are all orders of the subscription, by
// their numbers: what turned out later of others before the renewal, it keeps, too.
func (o *Order) room(ctx context.Context, tx bun.Tx, by *Order, grant *credits.Operation, among map[string]*Order) (int64, error) {
	left := by.CarryOver
	for _, e := range grant.Entries {
		if e.TransType == credits.TypeCarryOver && e.Credits > 0 {
			left -= e.Credits
		}
	}
	for next, from := by, among[by.CarriedFrom]; left > 0 && from != nil; next, from = from, among[from.CarriedFrom] {
		if from.OrderNo == o.OrderNo || next.CarriedNet == nil || from.Regrants <= max(next.CarriedRegrants, 0) {
			continue
		}
		op, err := ledgerDid(ctx, tx, o.UserUUID, from.grantKey())
		if err != nil {
			return 0, err
		}
		if op.Entries[0].Seq > grant.Entries[0].Seq {
			left -= max(from.inLedger()-*next.CarriedNet, 0)
		}
	}
	return max(left, 0), nil
}

// chain is what the renewals after an order, each of which keeps what is left of the one before,
// could keep of its credits.
type chain struct {
	// most is how many of the order's credits might have been granted without any that the
	// renewals had not kept.
	most int64
	// last is the renewal with which they end.
	last *Order
	// lives means that those that were not kept live. That they have the time of a renewal
	// says that they do not: see keepMore.
	lives bool
	// outlives means that last is followed by a shorter period, which ends before it. That keeps
	// the credits of last first, and the others stay with last and live as long.
	outlives bool
}

// chain returns the renewals after the order. on is not nil.
func (o *Order) chain(ctx context.Context, tx bun.Tx, on *carriedOn) (*chain, error) {
	among, err := o.ofSubscription(ctx, tx)
	if err != nil {
		return nil, err
	}
	regranted, err := o.regranted(ctx, tx, on)
	if err != nil {
		return nil, err
	}
	c := &chain{most: valid.MaxAmount, lives: on.lives}
	for by, grant := on.by, on.grant; by != nil; {
		kept := on.before
		if by.OrderNo != on.by.OrderNo && regranted != 0 && regranted < grant.Entries[0].Seq {
			kept = on.net
		}
		room, err := o.room(ctx, tx, by, grant, among)
		if err != nil {
			return nil, err
		}
		c.most, c.last, c.lives = min(c.most, kept+room), by, c.lives && !o.CreditsExpireAt.Equal(by.CreditsExpireAt)
		if by, grant, err = by.carriedInto(ctx, tx); err != nil {
			return nil, err
		}
		if by != nil && !c.lives && by.lotEnd().Before(c.last.lotEnd()) {
			c.outlives = true
			break
		}
	}
	return c, nil
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

// regranted returns the number of the entry that granted the order's credits anew since they
// were first kept, 0 for none.
func (o *Order) regranted(ctx context.Context, tx bun.Tx, on *carriedOn) (int64, error) {
	if o.Regrants <= max(on.by.CarriedRegrants, 0) {
		return 0, nil
	}
	op, err := ledgerDid(ctx, tx, o.UserUUID, o.grantKey())
	if err != nil {
		return 0, err
	}
	return op.Entries[0].Seq, nil
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
