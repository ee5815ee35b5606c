package generations

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// step is one move of a generation's life.
type step struct {
	to   Status
	from []Status
	// done reports whether a generation that is at to already got there by the
	// same call.
	done func(*Generation) bool
	// replay returns what the ledger did at that call, and does it if it did not;
	// nil when there was nothing to do. It may change the generation.
	replay func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error)
	// part is what the ledger does.
	part credits.Part
	// apply changes the generation and moves its credits. It runs under the
	// generation's lock, before the row is written.
	apply func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error)
}

// move takes a generation through a step. The row is locked first, so that what
// is decided holds until it is written; the status in the UPDATE's own WHERE
// holds it on engines without row locks.
func move(ctx context.Context, db bun.IDB, p GetParams, at time.Time, s step) (*Result, error) {
	at, atErr := valid.Time("At", at)
	if err := valid.First(p.check(), atErr); err != nil {
		return nil, err
	}
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		g, err := p.lock(ctx, tx)
		if err != nil {
			return err
		}
		result = &Result{Generation: g}
		if g.Status == s.to && s.done(g) {
			return s.again(ctx, tx, result, at)
		}
		from, is := g.Status, g.Status
		if known, ok := is.Foreign(); ok {
			is = known
		}
		if !slices.Contains(s.from, is) {
			return &StateError{GenID: g.GenID, From: from, To: s.to}
		}
		if result.Operation, err = s.apply(ctx, tx, g, at); err != nil {
			return err
		}
		if result.Operation != nil && result.Operation.Replayed {
			result.Mended = []credits.Part{credits.PartGeneration}
		}
		g.Status, g.UpdatedAt = s.to, at
		if err := update(ctx, tx, g, from); err != nil {
			return err
		}
		return g.tell(ctx, tx, at)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// update writes what a step can change.
func update(ctx context.Context, tx bun.Tx, g *Generation, from Status) error {
	own := g.own()
	own.Key = append(own.Key, rows.Column{Name: "status", Value: from})
	columns := []string{
		"status", "result_urls", "error_message", "credits_cost", "credits_refunded",
		"charge_key", "started_at", "completed_at", "updated_at",
	}
	n, err := rows.Update(ctx, tx, g, own, columns...)
	if err == nil && n == 0 {
		n, err = updateArchived(ctx, tx, g, own, columns)
	}
	return rows.Locked(n, err, "generation "+shown.Text(g.GenID))
}

// own names the row.
func (g *Generation) own() rows.Own {
	return rows.Own{ID: g.ID, Key: []rows.Column{{Name: "user_uuid", Value: g.UserUUID}, {Name: "gen_id", Value: g.GenID}}}
}
