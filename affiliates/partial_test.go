package affiliates_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A conversion whose commit was partial is made whole by the same call; so are
// the claw-backs since.
func TestPartialCommits(t *testing.T) {
	for name, reduced := range map[string]bool{"converted": false, "converted, then reduced": true} {
		t.Run(name, func(t *testing.T) {
			enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
				ctx := context.Background()
				_, customer := invited(t, env.DB)
				id := earned(t, env.DB, customer, "ORD-1")
				_, err := affiliates.Approve(ctx, env.DB, affiliates.ReviewParams{ID: id, At: noon})
				require.NoError(t, err)
				convert := func(ctx context.Context, db bun.IDB) (*affiliates.Result, error) {
					return affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{
						ID: id, Rate: affiliates.Rate{Credits: 1, Amount: 10}, ExpiresAt: noon.AddDate(1, 0, 0), At: noon,
					})
				}
				p := enginetest.Partial{
					Parts: map[string][]string{"commissions": {"affiliates"}, "ledger": enginetest.Ledger},
					Do: func(ctx context.Context, db bun.IDB) ([]credits.Part, bool, error) {
						r, err := convert(ctx, db)
						if err != nil {
							return nil, false, err
						}
						return r.Mended, r.Replayed, nil
					},
				}
				if reduced {
					delete(p.Parts, "commissions")
					p.Earlier = func(ctx context.Context, db bun.IDB) error {
						if _, err := convert(ctx, db); err != nil {
							return err
						}
						_, err := affiliates.Reduce(ctx, db, affiliates.ReduceParams{
							OrderNo: "ORD-1", Remaining: 1, Key: "half", At: noon,
						})
						return err
					}
				}
				p.Run(t, env.DB)
			})
		})
	}
}
