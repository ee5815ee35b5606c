package generations_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// call is a verb with its params.
type call func(ctx context.Context, db bun.IDB) (*generations.Result, error)

// A commit that was partial is made whole by the same call: whatever of rows
// and ledger was lost, it ends where a call without a fault ends.
func TestPartialCommits(t *testing.T) {
	meta := map[string]any{"job": "1"}
	later := noon.Add(10 * time.Minute)
	urls := []string{"https://example.com/1.png"}
	charged := func(user string, edit func(p *generations.ChargeParams)) call {
		p := generations.ChargeParams{
			UserUUID: user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a cat",
			GenID: "gen_1", Metadata: meta, At: noon,
		}
		if edit != nil {
			edit(&p)
		}
		return func(ctx context.Context, db bun.IDB) (*generations.Result, error) {
			return generations.ChargeGeneration(ctx, db, p)
		}
	}
	held := func(user string) call {
		return func(ctx context.Context, db bun.IDB) (*generations.Result, error) {
			return generations.HoldGeneration(ctx, db, generations.HoldParams{
				UserUUID: user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a cat",
				GenID: "gen_1", MaxCost: 30, Metadata: meta, At: noon,
			})
		}
	}
	settled := func(cost int64, at time.Time, meta map[string]any) call {
		return func(ctx context.Context, db bun.IDB) (*generations.Result, error) {
			return generations.Settle(ctx, db, generations.SettleParams{
				GenID: "gen_1", Cost: cost, Free: cost == 0, ResultURLs: urls, Metadata: meta, At: at,
			})
		}
	}
	failed := func(ctx context.Context, db bun.IDB) (*generations.Result, error) {
		return generations.Fail(ctx, db, generations.FailParams{GenID: "gen_1", Message: "no", At: later})
	}
	completed := func(ctx context.Context, db bun.IDB) (*generations.Result, error) {
		return generations.Complete(ctx, db, generations.CompleteParams{GenID: "gen_1", ResultURLs: urls, At: later})
	}
	for name, c := range map[string]func(user string) (setup, earlier, calls []call){
		"charge": func(user string) (_, _, _ []call) { return nil, nil, []call{charged(user, nil)} },
		"charge, by its key": func(user string) (_, _, _ []call) {
			return nil, nil, []call{charged(user, func(p *generations.ChargeParams) { p.GenID, p.Key = "", "k" })}
		},
		"hold": func(user string) (_, _, _ []call) { return nil, nil, []call{held(user)} },
		"fail": func(user string) (_, _, _ []call) { return []call{charged(user, nil)}, nil, []call{failed} },
		"fail what is held": func(user string) (_, _, _ []call) {
			return []call{held(user)}, nil, []call{failed}
		},
		"complete": func(user string) (_, _, _ []call) {
			return []call{charged(user, nil)}, nil, []call{completed}
		},
		"settle": func(user string) (_, _, _ []call) {
			return []call{held(user)}, nil, []call{settled(7, later, meta)}
		},
		"settle for nothing": func(user string) (_, _, _ []call) {
			return []call{held(user)}, nil, []call{settled(0, later, nil)}
		},
		"settle after the hold": func(user string) (_, _, _ []call) {
			return []call{held(user)}, nil, []call{settled(7, noon.Add(2*time.Hour), meta)}
		},
		"charge, failed since": func(user string) (_, _, _ []call) {
			return nil, []call{charged(user, nil), failed}, []call{charged(user, nil)}
		},
		"hold, failed since": func(user string) (_, _, _ []call) {
			return nil, []call{held(user), failed}, []call{held(user)}
		},
		"hold and settle, with all": func(user string) (_, _, _ []call) {
			// The metadata of what ended it is in the ledger alone.
			return nil, []call{held(user), settled(7, later, nil)}, []call{held(user), settled(7, later, nil)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
				ctx := context.Background()
				user := rich(t, env.DB, 100)
				setup, earlier, calls := c(user)
				run := func(list []call) func(ctx context.Context, db bun.IDB) error {
					return func(ctx context.Context, db bun.IDB) error {
						for _, c := range list {
							if _, err := c(ctx, db); err != nil {
								return err
							}
						}
						return nil
					}
				}
				require.NoError(t, run(setup)(ctx, env.DB))
				p := enginetest.Partial{
					Parts: map[string][]string{"generations": {"generations"}, "ledger": enginetest.Ledger},
					Do: func(ctx context.Context, db bun.IDB) (mended []credits.Part, replayed bool, err error) {
						replayed = true
						for _, c := range calls {
							r, err := c(ctx, db)
							if err != nil {
								return nil, false, err
							}
							mended, replayed = append(mended, r.Mended...), replayed && r.Replayed
						}
						return mended, replayed, nil
					},
				}
				if earlier != nil {
					p.Earlier = run(earlier)
					delete(p.Parts, "generations")
				}
				if name == "complete" { // which moves no credits
					delete(p.Parts, "ledger")
				}
				p.Run(t, env.DB)
			})
		})
	}
}

// The row that is made again beside its charge is of the price and time of then.
func TestALostRowIsOfItsTime(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		p := generations.ChargeParams{
			UserUUID: rich(t, env.DB, 100), AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a cat",
			Key: "k", At: noon,
		}
		made, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		for _, prices := range []generations.PriceList{
			{{AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Credits: 9}},
			{},
		} {
			_, err = env.DB.Exec("DELETE FROM generations")
			require.NoError(t, err)
			p.Prices, p.At = prices, noon.Add(time.Hour)
			again, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			require.Equal(t, []credits.Part{credits.PartGeneration}, again.Mended)
			require.Equal(t, made.Generation.GenID, again.Generation.GenID)
			require.Equal(t, int64(5), again.Generation.CreditsCost)
			require.True(t, noon.Equal(again.Generation.CreatedAt))
		}
		// Paid for and given back: not for free.
		_, err = generations.Fail(ctx, env.DB, generations.FailParams{GenID: made.Generation.GenID, At: noon})
		require.NoError(t, err)
		_, err = env.DB.Exec("DELETE FROM generations")
		require.NoError(t, err)
		again, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		require.Equal(t, generations.StatusFailed, again.Generation.Status)
		require.Equal(t, int64(5), again.Generation.CreditsRefunded)

		// Another program failed it and kept the credits.
		p.Key, p.Prices = "k2", nil
		made, err = generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		_, err = env.DB.Exec("UPDATE generations SET status = 'failed' WHERE gen_id = ?", made.Generation.GenID)
		require.NoError(t, err)
		failed, err := generations.Fail(ctx, env.DB, generations.FailParams{GenID: made.Generation.GenID, At: noon})
		require.NoError(t, err)
		require.Equal(t, []credits.Part{credits.PartRefund, credits.PartGeneration}, failed.Mended)
		require.Equal(t, int64(100), available(t, env.DB, p.UserUUID))
	})
}
