package generations

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/adopted"
	"github.com/chameleon-go/chameleon/internal/archived"
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
	op, err := adopted.Row{
		UserUUID: g.UserUUID, Key: key, Look: g.lookForCharge, Kind: credits.KindCharge, What: "charge", Field: "ChargeKey",
	}.Operation(ctx, tx)
	if err != nil || op == nil {
		return err
	}
	g.ChargeKey = op.Key
	return nil
}

// lookForCharge returns the key of the entry that is the generation's, empty for none.
func (g *Generation) lookForCharge(ctx context.Context, db bun.IDB) (string, error) {
	if g.CreatedAt.IsZero() {
		return "", nil
	}
	var others []Generation
	err := archived.Generations.Select(db, &others, (*Generation)(nil), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("user_uuid = ?", g.UserUUID).Where("credits_cost = ?", g.CreditsCost).Where("gen_id <> ?", g.GenID).
			Where("created_at BETWEEN ? AND ?", g.CreatedAt.Add(-2*chargeWindow), g.CreatedAt.Add(2*chargeWindow))
	}).Scan(ctx)
	if err != nil {
		return "", dialect.Classify(err)
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
	key, fits, err := adopted.Find(ctx, db, q)
	if err != nil || len(fits) == 0 {
		return key, err
	}
	return "", &credits.AmbiguousError{What: "generation", Name: g.GenID, Field: "ChargeKey", Keys: fits}
}

// AdoptParams configure [Adopt].
type AdoptParams struct {
	// DryRun counts and writes nothing.
	DryRun bool
}

// AdoptResult is what [Adopt] found.
type AdoptResult struct {
	// Linked counts unfinished generations whose charge was found, and Unknown those
	// whose charge was not. Ambiguous lists generations that several entries fit.
	Linked    int64                     `json:"linked"`
	Unknown   int64                     `json:"unknown"`
	Ambiguous []*credits.AmbiguousError `json:"ambiguous,omitempty"`
}

// Adopt finds the charges of unfinished generations that the original application of
// an adopted database made, and records which entries they are, as [Fail] does.
// Finished generations are left alone.
//
// Each generation is handled in a transaction of its own; the pass may be
// stopped and restarted.
//
// Errors: *dialect.Error, after which earlier generations are done.
func Adopt(ctx context.Context, db *bun.DB, p AdoptParams) (*AdoptResult, error) {
	result := &AdoptResult{}
	return result, adopted.Each(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("status IN (?)", bun.List(unsettled())).
			Where("charge_key IS NULL").Where("hold_key IS NULL").Where("credits_cost > 0")
	}, func(g *Generation) int64 { return g.ID }, func(g *Generation) error {
		return result.adopt(ctx, db, g, p.DryRun)
	})
}

// adopt looks for one generation's charge. Where several fit, that is no error of
// the pass.
func (r *AdoptResult) adopt(ctx context.Context, db *bun.DB, seen *Generation, dry bool) error {
	var known bool
	var err error
	if dry {
		var key string
		key, err = seen.lookForCharge(ctx, db)
		known = key != ""
	} else {
		err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			known = false
			g, err := GetParams{GenID: seen.GenID, UserUUID: seen.UserUUID}.lock(ctx, tx)
			if err != nil || !g.orphaned() || !slices.Contains(unsettled(), g.Status) {
				return err
			}
			if err := g.findCharge(ctx, tx, "", false); err != nil || g.ChargeKey == "" {
				return err
			}
			known = true
			return update(ctx, tx, g, g.Status)
		})
	}
	ambiguous := (*credits.AmbiguousError)(nil)
	switch {
	case errors.As(err, &ambiguous):
		r.Ambiguous = append(r.Ambiguous, ambiguous)
		return nil
	case err != nil:
		return err
	case known:
		r.Linked++
	default:
		r.Unknown++
	}
	return nil
}
