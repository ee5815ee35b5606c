package client

import (
	"context"
	"time"

	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// studio makes the calls about generations.
func (w *worker) studio(ctx context.Context, op history.Op, at time.Time) history.Answer {
	urls := []string{"https://example.com/" + op.Key + ".png"}
	switch op.Verb {
	case history.Generate:
		return made(generations.ChargeGeneration(ctx, w.db, generations.ChargeParams{
			UserUUID: op.User, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a torture test",
			Cost: op.Amount, GenID: op.Key, At: at,
		}))
	case history.Reserve:
		return made(generations.HoldGeneration(ctx, w.db, generations.HoldParams{
			UserUUID: op.User, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a torture test",
			MaxCost: op.Amount, Timeout: time.Duration(op.TimeoutMs) * time.Millisecond, GenID: op.Key, At: at,
		}))
	case history.Complete:
		return made(generations.Complete(ctx, w.db, generations.CompleteParams{GenID: op.Key, ResultURLs: urls, At: at}))
	case history.Settle:
		return made(generations.Settle(ctx, w.db, generations.SettleParams{
			GenID: op.Key, Cost: op.Amount, Free: op.Amount == 0, ResultURLs: urls, At: at,
		}))
	case history.Stuck:
		_, err := generations.FailStuck(ctx, w.db, generations.FailStuckParams{
			OlderThan: time.Duration(op.TimeoutMs) * time.Millisecond, Limit: 5, At: at,
		})
		if err != nil {
			return failed(err)
		}
		return history.Answer{Class: history.OK}
	default:
		return made(generations.Fail(ctx, w.db, generations.FailParams{GenID: op.Key, Message: "torture", At: at}))
	}
}

func made(result *generations.Result, err error) history.Answer {
	if err != nil {
		return failed(err)
	}
	return history.Answer{
		Class: history.OK, Replayed: result.Replayed, Ref: result.Generation.GenID, Told: told(result.Operation),
		Mended: mended(result.Mended),
	}
}
