package main

import (
	"context"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/users"
)

// lines is how many rows a list is asked for.
const lines = 20

// readings are the contests of reads. Their floor is a bare prepared read of the
// library's own rows, with the columns that the library reads.
func (s *stage) readings() []contest {
	return []contest{
		s.reading("Balance", balanceQuery, s.userOf, s.balance),
		s.reading("Authenticate", keyQuery, s.hashOf, func(ctx context.Context, i int) error {
			_, err := apikeys.Authenticate(ctx, s.library, apikeys.AuthenticateParams{Key: s.keys[i%len(s.keys)]})
			return err
		}),
		s.reading("Statement", statementQuery, s.readerOf, func(ctx context.Context, i int) error {
			_, err := credits.Statement(ctx, s.library, credits.StatementParams{UserUUID: s.readerOf(i), Limit: lines})
			return err
		}),
		s.reading("Generations", generationsQuery, s.readerOf, func(ctx context.Context, i int) error {
			_, err := generations.List(ctx, s.library, generations.ListParams{UserUUID: s.readerOf(i), Limit: lines})
			return err
		}),
		s.reading("Generation", generationQuery, s.generationOf, func(ctx context.Context, i int) error {
			_, err := generations.Get(ctx, s.library, generations.GetParams{GenID: s.generationOf(i)})
			return err
		}),
		s.reading("User", userQuery, s.readerOf, func(ctx context.Context, i int) error {
			_, err := users.Get(ctx, s.library, users.GetParams{UserUUID: s.readerOf(i)})
			return err
		}),
	}
}

func (s *stage) balance(ctx context.Context, i int) error {
	_, err := credits.Balance(ctx, s.library, credits.BalanceParams{UserUUID: s.users[i]})
	return err
}

func (s *stage) userOf(i int) string       { return s.users[i] }
func (s *stage) hashOf(i int) string       { return s.hashes[i%len(s.hashes)] }
func (s *stage) readerOf(i int) string     { return s.users[i%s.readers] }
func (s *stage) generationOf(i int) string { return s.generations[i%len(s.generations)] }

func (s *stage) reading(name, query string, of func(i int) string, library func(ctx context.Context, i int) error) contest {
	return contest{name: name, contestants: []contestant{
		{"floor", func(ctx context.Context, i int) error { return s.floor.read(ctx, query, of(i)) }},
		{"library", library},
	}}
}

// The reads, with placeholders as MySQL has them.
const (
	balanceQuery   = "SELECT balance, held_credits, debt_credits, total_credits FROM credits WHERE user_uuid = ?"
	keyQuery       = "SELECT id, user_uuid, status FROM apikeys WHERE {key} = ?"
	statementQuery = `SELECT seq, op_seq, op_key, op_kind, trans_type, credits, held, balance, available, lot, at_us, expires_us,
	expired_at, order_no, gen_id, metadata FROM credits_trans WHERE user_uuid = ? ORDER BY seq DESC LIMIT 21`
	generationsQuery = `SELECT id, gen_id, user_uuid, ai_type, provider, model, prompt, result_urls, status, credits_cost, created_at,
	completed_at, error_message, request_key, charge_key, hold_key, credits_refunded, credits_held, started_at, updated_at
	FROM generations WHERE user_uuid = ? ORDER BY created_at DESC, id DESC LIMIT 21`
	generationQuery = `SELECT id, gen_id, user_uuid, ai_type, provider, model, prompt, result_urls, status, credits_cost, created_at,
	completed_at, error_message, request_key, charge_key, hold_key, credits_refunded, credits_held, started_at, updated_at
	FROM generations WHERE gen_id = ?`
	userQuery = `SELECT id, uuid, email, nickname, avatar_url, invite_code, invited_by, is_affiliate, created_at, updated_at
	FROM users WHERE uuid = ?`
)

// queries are all of them.
func queries() []string {
	return []string{balanceQuery, keyQuery, statementQuery, generationsQuery, generationQuery, userQuery}
}
