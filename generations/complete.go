package generations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// CompleteParams describe the results of a generation.
type CompleteParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// ResultURLs are absolute http or https URLs, at least one unless the
	// generation is text. As a JSON array they have at most 65,535 bytes.
	ResultURLs []string
	// At is when it completed; zero means now.
	At time.Time
}

// Complete moves a pending or processing generation to completed. One that is
// already completed with the same results is returned as a replay. A generation
// that holds credits has to be settled instead, by [Settle], which takes the
// cost.
//
// Of concurrent calls of Complete, Settle and Fail for one generation, the
// first wins.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *HeldError when it holds credits, *StateError when it is failed,
// or completed with other results, and *dialect.Error when the engine fails.
func Complete(ctx context.Context, db bun.IDB, p CompleteParams) (*Result, error) {
	urls, err := marshalURLs(p.ResultURLs)
	if err != nil {
		return nil, err
	}
	return move(ctx, db, GetParams{GenID: p.GenID, UserUUID: p.UserUUID}, p.At, step{
		to:   StatusCompleted,
		from: unsettled(),
		done: func(g *Generation) bool { return g.ResultURLs == urls },
		apply: func(_ context.Context, _ bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			if g.held() {
				return nil, &HeldError{GenID: g.GenID, Held: true}
			}
			return nil, g.complete(urls, at)
		},
	})
}

// complete stores the results, without which no image or video was made.
func (g *Generation) complete(urls string, at time.Time) error {
	if urls == noURLs && (g.AIType == TypeImage || g.AIType == TypeVideo) {
		return valid.Failf("ResultURLs", "empty for a generation of type %s", shown.Text(g.AIType))
	}
	g.ResultURLs, g.CompletedAt = urls, at
	return nil
}
