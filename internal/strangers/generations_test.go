package strangers_test

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func generation(user, what string) generations.ChargeParams {
	return generations.ChargeParams{
		UserUUID: user, AIType: generations.TypeImage, Provider: "kling", Model: "kling-v1", Prompt: "a cat",
		GenID: of(user, what), Key: what,
	}
}

func holding(user, what string) generations.HoldParams {
	return generations.HoldParams{
		UserUUID: user, AIType: generations.TypeText, Provider: "openai", Model: "gpt", Prompt: "a poem",
		GenID: of(user, what), Key: what, MaxCost: 10,
	}
}

func foundGenerations(ctx context.Context, db bun.IDB, user string) error {
	for _, what := range []string{"g", "failing", "started"} {
		if _, err := generations.ChargeGeneration(ctx, db, generation(user, what)); err != nil {
			return err
		}
	}
	for _, what := range []string{"held", "held too"} {
		if _, err := generations.HoldGeneration(ctx, db, holding(user, what)); err != nil {
			return err
		}
	}
	return nil
}

func generate(
	name string, want error, do func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error),
) enginetest.Act {
	return act("generations."+name, want, do)
}

func chargeGeneration(name string, want error, p func(u string) generations.ChargeParams) enginetest.Act {
	return generate("ChargeGeneration"+name, want, func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
		return generations.ChargeGeneration(ctx, db, p(u))
	})
}

func generationActs() []enginetest.Act {
	fail := func(what string) func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
		return func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
			return generations.Fail(ctx, db, generations.FailParams{GenID: of(u, what), Message: "no"})
		}
	}
	settle := func(what string) func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
		return func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
			return generations.Settle(ctx, db, generations.SettleParams{GenID: of(u, what), Cost: 4})
		}
	}
	return []enginetest.Act{
		chargeGeneration("", nil, func(u string) generations.ChargeParams { return generation(u, "new") }),
		chargeGeneration(", again", nil, func(u string) generations.ChargeParams { return generation(u, "g") }),
		chargeGeneration(", key taken", generations.ErrKeyReused, func(u string) generations.ChargeParams {
			p := generation(u, "g")
			p.Prompt = "a dog"
			return p
		}),
		chargeGeneration(", name taken", generations.ErrKeyReused, func(u string) generations.ChargeParams {
			p := generation(u, "g")
			p.Key = "another"
			return p
		}),
		chargeGeneration(", unsupported", generations.ErrUnsupported, func(u string) generations.ChargeParams {
			p := generation(u, "unsupported")
			p.Model = "none"
			return p
		}),
		chargeGeneration(", too dear", generations.ErrInsufficient, func(u string) generations.ChargeParams {
			p := generation(u, "too dear")
			p.Cost = 1 << 30
			return p
		}),
		generate("HoldGeneration", nil, func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
			return generations.HoldGeneration(ctx, db, holding(u, "new hold"))
		}),
		generate("HoldGeneration, again", nil, func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
			return generations.HoldGeneration(ctx, db, holding(u, "held"))
		}),
		generate("Start", nil, func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
			return generations.Start(ctx, db, generations.StartParams{GenID: of(u, "started")})
		}),
		generate("Start, none", generations.ErrNotFound, func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
			return generations.Start(ctx, db, generations.StartParams{GenID: of(u, "none"), UserUUID: u})
		}),
		generate("Extend", nil, func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
			return generations.Extend(ctx, db, generations.ExtendParams{GenID: of(u, "held")})
		}),
		generate("Complete", nil, func(ctx context.Context, db bun.IDB, u string) (*generations.Result, error) {
			return generations.Complete(ctx, db, generations.CompleteParams{
				GenID: of(u, "g"), UserUUID: u, ResultURLs: []string{"https://example.com/cat.png"},
			})
		}),
		generate("Settle", nil, settle("held")),
		generate("Settle, again", nil, settle("held")),
		generate("Settle, none", generations.ErrNotFound, settle("none")),
		generate("Fail", nil, fail("failing")),
		generate("Fail, held", nil, fail("held too")),
		generate("Fail, again", nil, fail("failing")),
		generate("Fail, none", generations.ErrNotFound, fail("none")),
		act("generations.Forget", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return generations.Forget(ctx, db, generations.ForgetParams{UserUUID: u})
		}),
	}
}
