package main

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
)

// posted is how many charges a Post has.
const posted = 100

// contests are all that there are.
func (s *stage) contests() []contest {
	return []contest{
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
			{"floor", s.floorTimes},
			{"library", s.post},
		}},
		{name: "Balance", contestants: []contestant{
			{"floor", func(ctx context.Context, i int) error { return s.floor.balance(ctx, s.users[i]) }},
			{"library", func(ctx context.Context, i int) error {
				_, err := credits.Balance(ctx, s.library, credits.BalanceParams{UserUUID: s.users[i]})
				return err
			}},
		}},
		{name: "Authenticate", contestants: []contestant{
			{"floor", func(ctx context.Context, i int) error { return s.floor.authenticate(ctx, s.hashes[i%len(s.hashes)]) }},
			{"library", func(ctx context.Context, i int) error {
				_, err := apikeys.Authenticate(ctx, s.library, apikeys.AuthenticateParams{Key: s.keys[i%len(s.keys)]})
				return err
			}},
		}},
	}
}

func (s *stage) chargeGeneration(ctx context.Context, i int) error {
	_, err := generations.ChargeGeneration(ctx, s.library, generations.ChargeParams{
		UserUUID: s.users[i], AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: prompt, Cost: 1,
	})
	return err
}

func (s *stage) charge(ctx context.Context, i int) error {
	_, err := credits.Charge(ctx, s.library, credits.ChargeParams{UserUUID: s.users[i], Amount: 1, Key: newKey()})
	return err
}

// post is one call for as many charges as floorTimes makes one by one.
func (s *stage) post(ctx context.Context, i int) error {
	ops := make([]credits.Op, posted)
	for n := range ops {
		ops[n] = credits.ChargeParams{UserUUID: s.users[(i+n)%len(s.users)], Amount: 1, Key: newKey()}
	}
	_, err := credits.Post(ctx, s.library, credits.PostParams{Ops: ops, AllOrNothing: true})
	return err
}

func (s *stage) floorTimes(ctx context.Context, i int) error {
	for n := range posted {
		if err := s.floor.charge(ctx, s.users[(i+n)%len(s.users)], newKey(), ""); err != nil {
			return err
		}
	}
	return nil
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
