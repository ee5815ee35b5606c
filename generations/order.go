package generations

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
	"github.com/chameleon-go/chameleon/providers"
)

// order is what ChargeGeneration and HoldGeneration have in common.
type order struct {
	ChargeParams

	// hold reserves the cost instead of charging it, for timeout.
	hold    bool
	timeout time.Duration
}

// place pays for a generation and records it, or answers a repeated call.
func (o order) place(ctx context.Context, db bun.IDB) (*Result, error) {
	draft, err := o.generation()
	if err != nil {
		return nil, err
	}
	if o.hold {
		draft.HoldKey = o.payKey(draft)
	} else {
		draft.ChargeKey = o.payKey(draft)
	}
	return o.placeFast(ctx, db, draft)
}

// placeIn is place in one transaction.
func (o order) placeIn(ctx context.Context, db bun.IDB, draft *Generation) (*Result, error) {
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		g := *draft
		var err error
		if g.CreditsCost, err = o.price(ctx, tx); err != nil {
			result, err = o.refused(ctx, tx, draft, err)
			return err
		}
		if o.hold {
			g.CreditsHeld = g.CreditsCost
		}
		most := Generation{CreditsCost: g.CreditsCost, CreditsHeld: g.CreditsCost, CreditsRefunded: g.CreditsCost}
		if err := width.Check(ctx, tx, &most); err != nil {
			return err
		}
		inserted, err := o.insert(ctx, tx, &g)
		if err != nil {
			return err
		}
		if !inserted {
			result, err = o.replay(ctx, tx, draft)
			return err
		}
		result, err = o.paid(ctx, tx, &g)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// insert stores g, and reports whether no other has its name or Key. The caller's
// own name is looked for first where a refused INSERT would make other users wait;
// rows.Insert and store look for what is unique for the user. Over shards names are the
// user's own.
func (o order) insert(ctx context.Context, tx bun.Tx, g *Generation) (bool, error) {
	if o.GenID != "" && rows.LocksGaps(ctx, tx) {
		name := GetParams{GenID: o.GenID}
		if !dialect.Of(tx).LocksTogether() {
			name.UserUUID = o.UserUUID
		}
		_, err := name.find(ctx, tx)
		switch {
		case err == nil, errors.Is(err, ErrInvalid): // one has it, or several
			return false, nil
		case !errors.Is(err, ErrNotFound):
			return false, err
		}
	}
	return o.store(ctx, tx, g)
}

// paid pays for a generation whose row was inserted.
func (o order) paid(ctx context.Context, tx bun.Tx, g *Generation) (*Result, error) {
	if g.CreditsCost == 0 {
		return o.free(ctx, tx, g)
	}
	op, err := o.pay(ctx, tx, g, g.CreditsCost)
	switch {
	case errors.Is(err, credits.ErrKeyReused):
		return o.recovered(ctx, tx, g, err)
	case err != nil:
		return nil, withdraw(ctx, tx, g, err)
	case op.Replayed: // its row was lost
		return refound(ctx, tx, g, op)
	}
	return &Result{Generation: g, Operation: op}, nil
}

func (o order) kind() credits.Kind {
	if o.hold {
		return credits.KindHold
	}
	return credits.KindCharge
}

// price is the caller's price, the enabled provider's own, or the listed one.
func (o order) price(ctx context.Context, db bun.IDB) (int64, error) {
	var own PriceList
	if o.RequireProvider {
		info, err := providers.Find(ctx, db, providers.FindParams{Provider: providers.Name(o.Provider)})
		switch {
		case errors.Is(err, providers.ErrNotFound), err == nil && !info.Enabled:
			return 0, &UnsupportedError{Field: "Provider", AIType: o.AIType, Provider: o.Provider, Model: o.Model}
		case err != nil:
			return 0, err
		case o.Cost == 0 && !o.Free:
			if own, err = ParsePrices(o.Provider, info.ModelConfig); err != nil {
				return 0, err
			}
		}
	}
	if o.Free || o.Cost != 0 {
		return o.Cost, valid.AmountOrZero("Cost", o.Cost)
	}
	if i, _ := own.find(o.AIType, o.Provider, o.Model); i >= 0 {
		return own[i].Credits, nil
	}
	prices := o.Prices
	if prices == nil {
		prices = DefaultPrices()
	}
	return prices.Lookup(o.AIType, o.Provider, o.Model)
}

// refused answers a call that has no price now. If it was made before, when
// there was one, it is a replay all the same.
func (o order) refused(ctx context.Context, tx bun.Tx, draft *Generation, refusal error) (*Result, error) {
	if failed := (*dialect.Error)(nil); errors.As(refusal, &failed) || o.Key == "" && o.GenID == "" {
		return nil, refusal
	}
	switch _, err := original(ctx, tx, o.ChargeParams, false); {
	case errors.Is(err, ErrNotFound):
		return o.unpriced(ctx, tx, draft, refusal)
	case err != nil:
		return nil, err
	}
	return o.replay(ctx, tx, draft)
}

// pay is the ledger's part of g: nothing where it is free.
func (o order) pay(ctx context.Context, tx bun.Tx, g *Generation, cost int64) (*credits.Operation, error) {
	if cost == 0 {
		return nil, nil
	}
	ctx = ledger(ctx, g)
	if o.hold {
		return credits.Hold(ctx, tx, credits.HoldParams{
			UserUUID: g.UserUUID, Amount: cost, Type: credits.TypeAIGeneration, Key: g.HoldKey,
			Timeout: o.timeout, GenID: g.GenID, Metadata: o.Metadata, At: g.CreatedAt, MaxAhead: o.MaxAhead,
		})
	}
	return credits.Charge(ctx, tx, o.charge(g, cost))
}

func (o order) charge(g *Generation, cost int64) credits.ChargeParams {
	return credits.ChargeParams{
		UserUUID: g.UserUUID, Amount: cost, Type: credits.TypeAIGeneration, Key: g.ChargeKey,
		GenID: g.GenID, Budgets: o.Budgets, Metadata: o.Metadata, At: g.CreatedAt, MaxAhead: o.MaxAhead,
	}
}

// withdraw takes back the row that was inserted before its payment was refused.
func withdraw(ctx context.Context, tx bun.Tx, g *Generation, refusal error) error {
	return rows.Withdraw(ctx, tx, (*Generation)(nil), g.own(), refusal)
}
