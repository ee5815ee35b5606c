package product

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
)

// models are what is generated with, and what it costs.
var models = [...]struct { //nolint:gochecknoglobals // a constant in all but type
	kind            generations.AIType
	provider, model string
	cost            int64
}{
	{generations.TypeImage, "openai", "gpt-image-1", 10},
	{generations.TypeImage, "replicate", "flux-pro", 5},
	{generations.TypeVideo, "kling", "kling-v2", 60},
	{generations.TypeText, "openrouter", "gpt-5", 1},
}

// generate orders a picture, a video or a text, which one in ten times fails.
func (l *life) generate(ctx context.Context, tx bun.Tx) error {
	m := models[l.rng.IntN(len(models))]
	id := l.key("gen")
	_, err := generations.ChargeGeneration(ctx, tx, generations.ChargeParams{
		UserUUID: l.user, AIType: m.kind, Provider: m.provider, Model: m.model, Prompt: l.text(12), Cost: m.cost, GenID: id, At: l.at,
	})
	if err != nil {
		return err
	}
	l.made.Generations++
	l.made.Operations++
	l.at = l.at.Add(time.Duration(1+l.rng.IntN(90)) * time.Second)
	if l.rng.IntN(10) > 0 {
		_, err = generations.Complete(ctx, tx, generations.CompleteParams{
			GenID: id, UserUUID: l.user, ResultURLs: []string{"https://cdn.example.com/" + id}, At: l.at,
		})
		return err
	}
	_, err = generations.Fail(ctx, tx, generations.FailParams{GenID: id, UserUUID: l.user, Message: "the provider timed out", At: l.at})
	l.made.Operations++
	return err
}

// stream holds credits for an answer, and captures what it cost.
func (l *life) stream(ctx context.Context, tx bun.Tx) error {
	hold := credits.HoldParams{UserUUID: l.user, Amount: 8, Key: l.key("stream"), At: l.at}
	if _, err := credits.Hold(ctx, tx, hold); err != nil {
		return err
	}
	l.made.Operations += 2
	l.at = l.at.Add(time.Duration(1+l.rng.IntN(60)) * time.Second)
	if cost := l.rng.Int64N(9); cost > 0 {
		_, err := credits.Capture(ctx, tx, credits.CaptureParams{
			UserUUID: l.user, HoldKey: hold.Key, Amount: cost, Key: l.key("capture"), At: l.at,
		})
		return err
	}
	_, err := credits.Release(ctx, tx, credits.ReleaseParams{UserUUID: l.user, HoldKey: hold.Key, Key: l.key("release"), At: l.at})
	return err
}

func (l *life) ping(ctx context.Context, tx bun.Tx) error {
	op, err := credits.Ping(ctx, tx, credits.PingParams{UserUUID: l.user, At: l.at})
	if err == nil && !op.Replayed { // once a day
		l.made.Operations++
	}
	return err
}
