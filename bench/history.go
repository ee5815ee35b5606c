package main

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest/product"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/users"
)

// history is what accounts went through before a race.
type history struct {
	// entries are spread over all accounts; long are those of the first account, and
	// grants the live grants of the second.
	entries, long, grants int
	// product is how many users did what a product's users do, in the same tables.
	product int
}

func (h history) wanted() bool { return h.entries+h.long+h.grants+h.product > 0 }

// grow gives the accounts their history.
func (s *stage) grow(ctx context.Context, db *bun.DB, h history) error {
	charge := func(user string) credits.Op { return credits.ChargeParams{UserUUID: user, Amount: 1, Key: newKey()} }
	err := inPosts(ctx, db, h.entries, func(i int) credits.Op { return charge(s.users[i%len(s.users)]) })
	if err == nil && h.product > 0 {
		_, err = product.Generate(ctx, db, product.Params{Seed: 1, Users: h.product})
	}
	if err == nil {
		err = inPosts(ctx, db, h.long, func(int) credits.Op { return charge(s.users[0]) })
	}
	if err != nil || h.grants == 0 {
		return err
	}
	now := time.Now()
	return inPosts(ctx, db, h.grants, func(i int) credits.Op {
		return credits.GrantParams{
			UserUUID: s.users[min(1, len(s.users)-1)], Amount: wealth, Type: credits.TypeSystemAdd, Key: newKey(),
			ExpiresAt: now.AddDate(1, 0, i),
		}
	})
}

// inPosts runs n operations, in as few posts as they fit in.
func inPosts(ctx context.Context, db *bun.DB, n int, op func(i int) credits.Op) error {
	for from := 0; from < n; from += credits.MaxBatch {
		ops := make([]credits.Op, 0, credits.MaxBatch)
		for i := from; i < min(n, from+credits.MaxBatch); i++ {
			ops = append(ops, op(i))
		}
		if _, err := credits.Post(ctx, db, credits.PostParams{Ops: ops, AllOrNothing: true}); err != nil {
			return err
		}
	}
	return nil
}

// readers are enough for no read to be of one page alone.
const readers = 20

// settle gives the first users what is read.
func (s *stage) settle(ctx context.Context, db *bun.DB) error {
	s.readers = min(readers, len(s.users))
	for i, user := range s.users[:s.readers] {
		_, err := users.Create(ctx, db, users.CreateParams{UserUUID: user, Email: user + "@example.com", NoWelcomeCredits: true})
		for range lines + 1 {
			if err != nil {
				return err
			}
			var made *generations.Result
			if made, err = generations.ChargeGeneration(ctx, db, s.image(i)); err == nil {
				s.generations = append(s.generations, made.Generation.GenID)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// histories are the contests of accounts with a history, whose floor is the library
// on a database without.
func (s *stage) histories() []contest {
	if s.empty == nil {
		return nil
	}
	var all []contest
	for _, verb := range []struct {
		name string
		do   func(s *stage, ctx context.Context, i int) error
	}{
		{"Charge", (*stage).charge}, {"ChargeGeneration", (*stage).chargeGeneration}, {"Hold", (*stage).hold}, {"Balance", (*stage).balance},
	} {
		first := func(ctx context.Context, _ int) error { return verb.do(s.empty, ctx, 0) }
		all = append(all, contest{name: "History/" + verb.name, contestants: []contestant{
			{"floor", func(ctx context.Context, i int) error { return verb.do(s.empty, ctx, i) }},
			{"library", func(ctx context.Context, i int) error { return verb.do(s, ctx, i) }},
		}}, contest{name: "One account/" + verb.name, contestants: []contestant{
			{"floor", first},
			{"long", func(ctx context.Context, _ int) error { return verb.do(s, ctx, 0) }},
			{"grants", func(ctx context.Context, _ int) error { return verb.do(s, ctx, min(1, len(s.users)-1)) }},
		}})
	}
	return all
}

// hold reserves a credit and gives it back.
func (s *stage) hold(ctx context.Context, i int) error {
	p := credits.HoldParams{UserUUID: s.users[i], Amount: 1, Key: newKey()}
	if _, err := credits.Hold(ctx, s.library, p); err != nil {
		return err
	}
	_, err := credits.Release(ctx, s.library, credits.ReleaseParams{UserUUID: p.UserUUID, HoldKey: p.Key, Key: newKey()})
	return err
}
