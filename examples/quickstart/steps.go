package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/users"
)

func (t *tour) signUp(ctx context.Context) error {
	created, err := users.Create(ctx, t.db, users.CreateParams{
		Email: "ada+" + uuid.NewString()[:8] + "@example.com", Nickname: "Ada",
	})
	if err != nil {
		return err
	}
	t.user = created.User.UUID
	t.sayf("Ada signed up with %d credits, which expire on %s",
		created.Welcome.Available, created.Welcome.Entries[0].ExpiredAt[:len(time.DateOnly)])
	return nil
}

// grant adds credits that expire before those of the sign-up.
func (t *tour) grant(ctx context.Context) error {
	_, err := credits.Grant(ctx, t.db, credits.GrantParams{
		UserUUID: t.user, Amount: 8, Type: "gift", ExpiresAt: time.Now().AddDate(0, 0, 3), Key: "gift:spring",
	})
	if err != nil {
		return err
	}
	soon, err := credits.ExpiringSoon(ctx, t.db, credits.ExpiringSoonParams{UserUUID: t.user})
	if err != nil {
		return err
	}
	for _, grant := range soon.Items {
		t.sayf("A gift of %d expires on %s: it is spent first", grant.Amount, grant.ExpiresAt.Format(time.DateOnly))
	}
	return nil
}

// generate charges for an image that succeeds and a video that fails.
func (t *tour) generate(ctx context.Context) error {
	image, err := generations.ChargeGeneration(ctx, t.db, generations.ChargeParams{
		UserUUID: t.user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3",
		Prompt: "a chameleon that changes its database",
	})
	if err != nil {
		return err
	}
	_, err = generations.Complete(ctx, t.db, generations.CompleteParams{
		GenID: image.Generation.GenID, ResultURLs: []string{"https://cdn.example.com/1.png"},
	})
	if err != nil {
		return err
	}
	t.sayf("An image cost %d: %s; %d left", image.Generation.CreditsCost, parts(image.Operation), image.Operation.Available)

	video, err := generations.ChargeGeneration(ctx, t.db, generations.ChargeParams{
		UserUUID: t.user, AIType: generations.TypeVideo, Provider: "kling", Model: "kling-v1-6",
		Prompt: "the same, in motion",
	})
	if err != nil {
		return err
	}
	t.sayf("A video cost %d: %s; %d left", video.Generation.CreditsCost, parts(video.Operation), video.Operation.Available)
	failed, err := generations.Fail(ctx, t.db, generations.FailParams{
		GenID: video.Generation.GenID, Message: "provider timed out",
	})
	if err != nil {
		return err
	}
	t.sayf("The video failed; %d credits returned to the grants they came from: %s; %d left",
		failed.Operation.Amount, parts(failed.Operation), failed.Operation.Available)
	return nil
}

// hold reserves the most that an answer can cost, and takes what it did cost.
func (t *tour) hold(ctx context.Context) error {
	held, err := credits.Hold(ctx, t.db, credits.HoldParams{UserUUID: t.user, Amount: 20, Key: "answer:1"})
	if err != nil {
		return err
	}
	captured, err := credits.Capture(ctx, t.db, credits.CaptureParams{UserUUID: t.user, HoldKey: "answer:1", Amount: 7})
	if err != nil {
		return err
	}
	t.sayf("An answer of unknown length: %d held, %d charged; %d left", held.Amount, captured.Amount, captured.Available)
	return nil
}

// overspend shows the typed error.
func (t *tour) overspend(ctx context.Context) error {
	_, err := credits.Charge(ctx, t.db, credits.ChargeParams{UserUUID: t.user, Amount: 1000})
	var short *credits.InsufficientError
	if !errors.As(err, &short) {
		return fmt.Errorf("a charge of 1000 should have been refused: %w", err)
	}
	t.sayf("A charge of 1000 is refused: %v\n", short)
	return nil
}

// prove replays the account's history and compares it with what is stored.
func (t *tour) prove(ctx context.Context) error {
	report, err := audit.Verify(ctx, t.db, audit.VerifyParams{UserUUID: t.user})
	if err != nil {
		return err
	}
	if report.BreachCount > 0 {
		return fmt.Errorf("the ledger does not verify: %s", report.Breaches[0].Detail)
	}
	t.sayf("\nThe ledger verifies: %d entries on %d grants, all hashes correct", report.Entries, report.Lots)
	return nil
}
