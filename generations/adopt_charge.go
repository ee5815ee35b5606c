package generations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/adopted"
)

// The original application charges for a generation when it makes its row, and keeps
// times in seconds.
const (
	chargeWindow = time.Hour
	chargeMargin = 2 * time.Second
)

// orphaned reports whether the original application charged for the generation, if
// anybody did, and nobody knows which entry that was.
func (g *Generation) orphaned() bool {
	return g.ChargeKey == "" && g.HoldKey == "" && g.CreditsCost > 0
}

// findCharge looks for the charge of a generation of the original application's,
// under its lock, and notes it in the row, which the caller writes. key says which
// entry it is where the caller knows, and none that there is none.
func (g *Generation) findCharge(ctx context.Context, tx bun.Tx, key string, none bool) error {
	if !g.orphaned() || none {
		return nil
	}
	if _, err := credits.Adopt(ctx, tx, credits.AdoptParams{UserUUID: g.UserUUID}); err != nil {
		return err
	}
	if key == "" {
		entry, err := g.lookForCharge(ctx, tx)
		if entry == nil || err != nil {
			return err
		}
		key = entry.Key
	}
	op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: g.UserUUID, Key: key})
	if err != nil {
		return err
	}
	if op.Kind != credits.KindCharge {
		return &credits.NotFoundError{What: "charge", Field: "ChargeKey", Value: key, UserUUID: g.UserUUID, Err: credits.ErrNotFound}
	}
	g.ChargeKey = key
	return nil
}

// lookForCharge returns the entry that is the generation's, nil for none.
func (g *Generation) lookForCharge(ctx context.Context, db bun.IDB) (*adopted.Entry, error) {
	if g.CreatedAt.IsZero() {
		return nil, nil
	}
	var others []Generation
	err := db.NewSelect().Model(&others).Column("gen_id", "created_at", "charge_key", "hold_key", "credits_cost").
		Where("user_uuid = ?", g.UserUUID).Where("credits_cost = ?", g.CreditsCost).Where("gen_id <> ?", g.GenID).
		Where("created_at BETWEEN ? AND ?", g.CreatedAt.Add(-2*chargeWindow), g.CreatedAt.Add(2*chargeWindow)).Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	q := adopted.Query{
		UserUUID: g.UserUUID, Type: credits.TypeAIGeneration, Amount: -g.CreditsCost, Column: "gen_id", Number: g.GenID,
		Near: []time.Time{g.CreatedAt}, Window: chargeWindow, Margin: chargeMargin,
	}
	for i := range others {
		switch other := &others[i]; {
		case other.ChargeKey != "":
			q.Taken = append(q.Taken, other.ChargeKey)
		case other.orphaned():
			q.Rivals = append(q.Rivals, other.CreatedAt)
		}
	}
	entry, fits, err := adopted.Find(ctx, db, q)
	if err != nil || len(fits) == 0 {
		return entry, err
	}
	keys := make([]string, len(fits))
	for i, fit := range fits {
		keys[i] = fit.Key
	}
	return nil, &credits.AmbiguousError{What: "generation", Name: g.GenID, Field: "ChargeKey", Keys: keys}
}
