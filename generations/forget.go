package generations

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/erase"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ForgetParams name a user whose personal data is to be erased.
type ForgetParams struct {
	UserUUID string
	// At is when it happened; zero means now.
	At time.Time
}

// ForgetResult says what was erased.
type ForgetResult struct {
	// Generations is at least how many generations held personal data: the larger
	// of the counts for this module's columns and for another program's.
	Generations int64 `json:"generations"`
	// Failed is how many unfinished generations were failed, with their credits
	// returned.
	Failed int `json:"failed"`
}

// Forget erases the personal data in a user's generations: prompt, results and
// error message. The generated content itself is at the provider or in a store
// and has to be deleted there; List shows the URLs until then.
//
// Unfinished generations are failed first, as by [Fail], so that a late result
// is refused and not stored. Type, model, cost and times stay.
//
// It may be called again.
//
// Errors, after which nothing is written: *InvalidError for a field of p;
// *credits.AmbiguousError when several entries of the original application may
// have charged an open generation: [Fail] that one first, with its ChargeKey;
// *dialect.Error when the engine fails.
func Forget(ctx context.Context, db bun.IDB, p ForgetParams) (*ForgetResult, error) {
	at, atErr := valid.Time("At", p.At)
	if err := valid.First(valid.UUID("UserUUID", p.UserUUID), atErr); err != nil {
		return nil, err
	}
	var result *ForgetResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		result = &ForgetResult{}
		if err := result.failOpen(ctx, tx, p.UserUUID, at); err != nil {
			return err
		}
		// The table comes last once more: what an archive gave back meanwhile is there.
		for _, model := range []any{(*Generation)(nil), (*ArchivedGeneration)(nil), (*Generation)(nil)} {
			if err := result.erase(ctx, tx, model, p.UserUUID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// erase blanks what the user's rows of a table hold of the person.
func (r *ForgetResult) erase(ctx context.Context, tx bun.Tx, model any, userUUID string) error {
	n, err := rows.Blank(ctx, tx, model, []string{"prompt", "result_urls", "error_message"},
		"user_uuid = ? AND (prompt IS NOT NULL OR result_urls IS NOT NULL OR error_message IS NOT NULL)", userUUID)
	if err != nil {
		return err
	}
	adopted, err := erase.Columns(ctx, tx, model, "user_uuid = ?", userUUID)
	r.Generations += max(n, adopted)
	return err
}

// failOpen fails the user's open generations. One that ends by itself
// meanwhile has nothing to be failed for.
func (r *ForgetResult) failOpen(ctx context.Context, tx bun.Tx, userUUID string, at time.Time) error {
	var open []string
	err := tx.NewSelect().Model((*Generation)(nil)).Column("gen_id").
		Where("user_uuid = ?", userUUID).
		Where("status IN (?)", bun.List([]Status{StatusPending, StatusProcessing})).
		OrderExpr("gen_id").Scan(ctx, &open)
	if err != nil {
		return dialect.Classify(err)
	}
	for _, genID := range open {
		_, err := Fail(ctx, tx, FailParams{GenID: genID, UserUUID: userUUID, At: at})
		switch {
		case errors.Is(err, ErrState):
		case err != nil:
			return err
		default:
			r.Failed++
		}
	}
	return nil
}
