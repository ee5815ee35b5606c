package generations_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/testring"
	"github.com/chameleon-go/chameleon/providers"
)

const ada = "0195c2a1-0000-7000-8000-000000000000"

// database returns a database with the schema, where Ada has 12 credits.
func database(ctx context.Context) *bun.DB {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	_, err = credits.GrantNewUserCredits(ctx, db, credits.GrantNewUserCreditsParams{UserUUID: ada, Amount: 12})
	if err != nil {
		panic(err)
	}
	return db
}

// order charges Ada for an image.
func order(ctx context.Context, db bun.IDB) *generations.Generation {
	made, err := generations.ChargeGeneration(ctx, db, generations.ChargeParams{
		UserUUID: ada, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a lizard",
	})
	if err != nil {
		panic(err)
	}
	return made.Generation
}

func ExampleChargeGeneration() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	p := generations.ChargeParams{
		UserUUID: ada, AIType: generations.TypeVideo, Provider: "kling", Model: "kling-v1",
		Prompt: "a lizard that changes its colour", Key: "request 1",
	}
	made, err := generations.ChargeGeneration(ctx, db, p)
	if err != nil {
		panic(err)
	}
	fmt.Println(made.Generation.Status, made.Generation.CreditsCost, "credits,", made.Operation.Available, "left")

	// The same request again, such as a browser's retry, charges nothing.
	again, err := generations.ChargeGeneration(ctx, db, p)
	if err != nil {
		panic(err)
	}
	fmt.Println("replayed:", again.Replayed, again.Generation.GenID == made.Generation.GenID)

	p.Key = "request 2"
	_, err = generations.ChargeGeneration(ctx, db, p)
	var insufficient *credits.InsufficientError
	fmt.Println(err, errors.As(err, &insufficient))

	p.Provider = "X"
	_, err = generations.ChargeGeneration(ctx, db, p)
	fmt.Println(err)
	// Output:
	// pending 10 credits, 2 left
	// replayed: true true
	// insufficient credits: need 10, have 2 true
	// Unsupported video provider: X
}

// A team's own price list replaces the default one.
func ExampleChargeGeneration_prices() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	prices := append(generations.DefaultPrices(), generations.Price{
		AIType: generations.TypeText, Provider: "deepseek", Model: "deepseek-chat", Credits: 1,
	})
	made, err := generations.ChargeGeneration(ctx, db, generations.ChargeParams{
		UserUUID: ada, AIType: generations.TypeText, Provider: "deepseek", Model: "deepseek-chat",
		Prompt: "a haiku about lizards", Prices: prices,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(made.Operation.Amount, "credit,", made.Operation.Available, "left")
	// Output: 1 credit, 11 left
}

func ExampleRun() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	result, err := generations.Run(ctx, db, generations.RunParams{
		Charge: &generations.ChargeParams{
			UserUUID: ada, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a chameleon",
			Key: "request-1", // the client's, so that a repeated request is the same generation
		},
		Make: func(_ context.Context, g *generations.Generation) (*generations.Made, error) {
			// the call of the provider's API stands here
			return &generations.Made{ResultURLs: []string{"https://cdn.example.com/" + g.UserUUID + ".png"}}, nil
		},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Generation.Status, result.Generation.CreditsCost)
	// Output: completed 5
}

func ExampleStart() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	started, err := generations.Start(ctx, db, generations.StartParams{GenID: order(ctx, db).GenID})
	if err != nil {
		panic(err)
	}
	fmt.Println(started.Generation.Status)
	// Output: processing
}

func ExampleComplete() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	g := order(ctx, db)

	done, err := generations.Complete(ctx, db, generations.CompleteParams{
		GenID:      g.GenID,
		ResultURLs: []string{"https://cdn.example.com/lizard.png"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(done.Generation.Status, done.Generation.ResultURLs)

	_, err = generations.Fail(ctx, db, generations.FailParams{GenID: g.GenID, Message: "too late"})
	if state, ok := errors.AsType[*generations.StateError](err); ok {
		fmt.Println(state.From, "cannot become", state.To)
	}
	// Output:
	// completed ["https://cdn.example.com/lizard.png"]
	// completed cannot become failed
}

func ExampleFail() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	g := order(ctx, db)

	for range 2 { // providers report twice; credits go back once
		failed, err := generations.Fail(ctx, db, generations.FailParams{GenID: g.GenID, Message: "provider timeout"})
		if err != nil {
			panic(err)
		}
		balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada})
		if err != nil {
			panic(err)
		}
		fmt.Println(failed.Generation.Status, "replayed:", failed.Replayed, "available:", balance.Available)
	}
	// Output:
	// failed replayed: false available: 12
	// failed replayed: true available: 12
}

func ExampleList() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	order(ctx, db)
	order(ctx, db)

	page, err := generations.List(ctx, db, generations.ListParams{UserUUID: ada})
	if err != nil {
		panic(err)
	}
	for _, g := range page.Items {
		fmt.Println(g.AIType, g.Model, g.Status, g.CreditsCost)
	}
	fmt.Println("more:", page.Next != "")
	// Output:
	// image dall-e-3 pending 5
	// image dall-e-3 pending 5
	// more: false
}

func ExampleGet() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	// Naming the user keeps one from reading another's generations.
	g, err := generations.Get(ctx, db, generations.GetParams{GenID: order(ctx, db).GenID, UserUUID: ada})
	if err != nil {
		panic(err)
	}
	fmt.Println(g.Prompt)
	// Output: a lizard
}

func ExampleGeneration_Results() {
	g := generations.Generation{ResultURLs: `["https://cdn.example.com/lizard.png"]`}
	urls, err := g.Results()
	fmt.Println(urls, err)
	// Output: [https://cdn.example.com/lizard.png] <nil>
}

func ExamplePriceList_Lookup() {
	prices := generations.DefaultPrices()
	fmt.Println(prices.Lookup(generations.TypeImage, "openai", "dall-e-3"))
	fmt.Println(prices.Lookup(generations.TypeVideo, "openai", "sora"))
	// Output:
	// 5 <nil>
	// 0 Unsupported video provider: openai
}

// A text whose cost is known at its end: the most that it can cost is held.
func ExampleHoldGeneration() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	made, err := generations.HoldGeneration(ctx, db, generations.HoldParams{
		UserUUID: ada, AIType: generations.TypeText, Provider: "deepseek", Model: "deepseek-chat",
		Prompt: "a novel about lizards", MaxCost: 10,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("held:", made.Operation.Amount, "available:", made.Operation.Available)

	done, err := generations.Settle(ctx, db, generations.SettleParams{GenID: made.Generation.GenID, Cost: 3})
	if err != nil {
		panic(err)
	}
	fmt.Println("cost:", done.Generation.CreditsCost, "available:", done.Operation.Available)
	// Output:
	// held: 10 available: 2
	// cost: 3 available: 9
}

// hold holds ten of Ada's credits.
func hold(ctx context.Context, db bun.IDB) *generations.Generation {
	made, err := generations.HoldGeneration(ctx, db, generations.HoldParams{
		UserUUID: ada, AIType: generations.TypeVideo, Provider: "kling", Model: "kling-v1", Prompt: "a lizard",
	})
	if err != nil {
		panic(err)
	}
	return made.Generation
}

func ExampleSettle() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	g := hold(ctx, db)

	// Completing it would say nothing of the cost.
	_, err := generations.Complete(ctx, db, generations.CompleteParams{
		GenID: g.GenID, ResultURLs: []string{"https://cdn.example.com/lizard.mp4"},
	})
	fmt.Println(errors.Is(err, generations.ErrHeld))

	p := generations.SettleParams{GenID: g.GenID, Cost: 6, ResultURLs: []string{"https://cdn.example.com/lizard.mp4"}}
	for range 2 { // providers report twice; it is paid for once
		done, err := generations.Settle(ctx, db, p)
		if err != nil {
			panic(err)
		}
		fmt.Println(done.Operation.Kind, done.Operation.Amount, "replayed:", done.Replayed)
	}
	// Output:
	// true
	// capture 6 replayed: false
	// capture 6 replayed: true
}

func ExampleExtend() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	// Now and then while the provider streams.
	kept, err := generations.Extend(ctx, db, generations.ExtendParams{GenID: hold(ctx, db).GenID, Timeout: 2 * time.Hour})
	if err != nil {
		panic(err)
	}
	fmt.Println(kept.Operation.Kind, kept.Operation.Available, "left besides")
	// Output: extend 2 left besides
}

// What a job does every few minutes.
func ExampleFailStuck() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	order(ctx, db)

	p := generations.FailStuckParams{
		OlderThan: time.Hour, At: time.Now().Add(2 * time.Hour), MaxAhead: credits.AnyTime, // as if two hours had passed
	}
	for {
		done, err := generations.FailStuck(ctx, db, p)
		if err != nil {
			panic(err)
		}
		fmt.Println("failed:", len(done.Failed), "credits back:", done.Credits, "refused:", len(done.Refused))
		if p.Cursor = done.Next; p.Cursor == "" {
			break
		}
	}
	// Output: failed: 1 credits back: 5 refused: 0
}

func ExampleCountByStatus() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	order(ctx, db)

	counts, err := generations.CountByStatus(ctx, db, generations.CountParams{From: time.Now().Add(-24 * time.Hour)})
	fmt.Println(counts, err)
	// Output: map[completed:0 failed:0 pending:1 processing:0] <nil>
}

// A team prices its models where it keeps the provider's key.
func ExampleProviderPrices() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ring, err := testring.New() // a program reads its own: keyring.FromEnv()
	if err != nil {
		panic(err)
	}
	_, err = providers.Put(ctx, db, providers.PutParams{
		Provider: providers.Kling, Key: providers.NewSecret("ak-1:sk-1"), AEAD: ring,
		ModelConfig: `{"prices": {"video": {"kling-v1": 8}}}`,
	})
	if err != nil {
		panic(err)
	}

	prices, err := generations.ProviderPrices(ctx, db, generations.ProviderPricesParams{})
	if err != nil {
		panic(err)
	}
	for _, p := range prices {
		fmt.Println(p.AIType, p.Provider, p.Model, p.Credits)
	}
	_, err = generations.ChargeGeneration(ctx, db, generations.ChargeParams{
		UserUUID: ada, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a lizard", Prices: prices,
	})
	fmt.Println(err)
	// Output:
	// video kling kling-v1 8
	// image kling kling-v1 4
	// video kling kling-v1-6 10
	// Unsupported image provider: openai
}

// Asking for the provider at every charge heeds its switch at once.
func ExampleChargeGeneration_requireProvider() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	_, err := generations.ChargeGeneration(ctx, db, generations.ChargeParams{
		UserUUID: ada, AIType: generations.TypeVideo, Provider: "kling", Model: "kling-v1", Prompt: "a lizard",
		RequireProvider: true,
	})
	fmt.Println(err)
	// Output: Unsupported video provider: kling
}

func ExampleParsePrices() {
	prices, err := generations.ParsePrices("kling", `{"prices": {"video": {"kling-v1": 8}}}`)
	fmt.Println(prices, err)
	_, err = generations.ParsePrices("kling", `{"prices": {"video": {"kling-v1": "8"}}}`)
	fmt.Println(err)
	// Output:
	// [{video kling kling-v1 8}] <nil>
	// model_config of AI provider kling: prices.video.kling-v1: not a whole number of credits from 0 to 9007199254740992
}
