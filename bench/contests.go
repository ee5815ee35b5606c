package main

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
)

// posted is how many charges a Post has, and batch how many the largest one has.
const (
	posted = 100
	batch  = credits.MaxBatch
)

// contests are all that there are.
func (s *stage) contests() []contest {
	return append([]contest{
		{name: "ChargeGeneration", contestants: []contestant{
			{"floor", func(ctx context.Context, i int) error { return s.floor.charge(ctx, s.users[i], newKey(), newKey()) }},
			{"naive", func(ctx context.Context, i int) error { return s.naive.charge(ctx, s.users[i], newKey(), newKey()) }},
			{"library", s.chargeGeneration},
		}},
		{name: "Charge", contestants: []contestant{
			{"floor", func(ctx context.Context, i int) error { return s.floor.charge(ctx, s.users[i], newKey(), "") }},
			{"library", s.charge},
		}},
		{name: "Post", weight: posted, contestants: []contestant{
			{"floor", s.times(posted, func(ctx context.Context, i int) error { return s.floor.charge(ctx, s.users[i], newKey(), "") })},
			{"single", s.times(posted, s.charge)},
			{"library", s.post(posted)},
		}},
		{name: "Post of 1000", weight: batch, contestants: []contestant{
			{"single", s.times(batch, s.charge)},
			{"library", s.post(batch)},
		}},
		{name: "Coalesced", contestants: []contestant{
			{"floor", func(ctx context.Context, i int) error { return s.floor.charge(ctx, s.users[i], newKey(), "") }},
			{"single", s.charge},
			{"library", s.coalesced},
		}, callers: map[string]int{"library": callers}},
	}, append(s.readings(), s.histories()...)...)
}

func (s *stage) chargeGeneration(ctx context.Context, i int) error {
	_, err := generations.ChargeGeneration(ctx, s.library, s.image(i))
	return err
}

func (s *stage) image(i int) generations.ChargeParams {
	return generations.ChargeParams{
		UserUUID: s.users[i], AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: prompt, Cost: 1,
	}
}

func (s *stage) charge(ctx context.Context, i int) error {
	_, err := credits.Charge(ctx, s.library, credits.ChargeParams{UserUUID: s.users[i], Amount: 1, Key: newKey()})
	return err
}

// callers are those of a charger, which has the stage's connections.
const callers = 256

func (s *stage) coalesced(ctx context.Context, i int) error {
	_, err := s.charger.Charge(ctx, credits.ChargeParams{UserUUID: s.users[i], Amount: 1, Key: newKey()})
	return err
}

// post is one call for as many charges as times makes one by one.
func (s *stage) post(size int) func(ctx context.Context, i int) error {
	return func(ctx context.Context, i int) error {
		ops := make([]credits.Op, size)
		for n := range ops {
			ops[n] = credits.ChargeParams{UserUUID: s.users[(i+n)%len(s.users)], Amount: 1, Key: newKey()}
		}
		_, err := credits.Post(ctx, s.library, credits.PostParams{Ops: ops, AllOrNothing: true})
		return err
	}
}

func (s *stage) times(size int, one func(ctx context.Context, i int) error) func(ctx context.Context, i int) error {
	return func(ctx context.Context, i int) error {
		for n := range size {
			if err := one(ctx, (i+n)%len(s.users)); err != nil {
				return err
			}
		}
		return nil
	}
}

// naive is what one writes first with bun: a transaction of three statements.
type naive struct{ db *bun.DB }

func (n *naive) charge(ctx context.Context, user, key, gen string) error {
	return n.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		left, err := n.take(ctx, tx, user)
		if err != nil {
			return err
		}
		generation := map[string]any{
			"gen_id": gen, "user_uuid": user, "ai_type": "image", "provider": "openai", "model": "dall-e-3", "prompt": prompt,
			"status": "pending", "cost": 1, "created_at": now(),
		}
		if _, err := tx.NewInsert().Model(&generation).Table("floor_gen").Exec(ctx); err != nil {
			return err
		}
		entry := map[string]any{"user_uuid": user, "k": key, "credits": -1, "balance": left, "created_at": now()}
		_, err = tx.NewInsert().Model(&entry).Table("floor_entry").Exec(ctx)
		return err
	})
}

// take takes a credit, and asks what is left where the UPDATE does not say.
func (n *naive) take(ctx context.Context, tx bun.Tx, user string) (left int64, err error) {
	update := tx.NewUpdate().Table("floor_acct").Set("left_credits = left_credits - 1").
		Where("user_uuid = ?", user).Where("left_credits >= 1")
	if !dialect.Of(tx).IsMySQL() {
		_, err = update.Returning("left_credits").Exec(ctx, &left)
		return left, err
	}
	if _, err := update.Exec(ctx); err != nil {
		return 0, err
	}
	err = tx.NewSelect().Table("floor_acct").Column("left_credits").Where("user_uuid = ?", user).Scan(ctx, &left)
	return left, err
}
