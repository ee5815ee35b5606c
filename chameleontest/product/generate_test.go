package product_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest/product"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func params() product.Params {
	return product.Params{Seed: 25, Users: 10, Activity: 40, To: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)}
}

// TestGenerate: the books are proved, the report counts what is there, and the same params
// make the same users, in one go or in two.
func TestGenerate(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		p, told := params(), 0
		p.Progress = func(r product.Report) {
			told++
			require.EqualValues(t, told, r.Users)
		}
		report, err := product.Generate(t.Context(), env.DB, p)
		require.NoError(t, err)
		require.Equal(t, p.Users, told)
		require.Equal(t, *report, counted(t, env.DB))
		for _, made := range []int64{report.Orders, report.Subscriptions, report.Commissions, report.Refunds, report.Generations, report.APIKeys, report.Feedbacks, report.Posts} {
			require.Positive(t, made, "%+v", report)
		}
		env.Verified(t)

		other := enginetest.New(t, env.Engine)
		ctx, stop := context.WithCancel(t.Context())
		p.Users, p.Progress = 3, func(product.Report) { stop() }
		first, err := product.Generate(ctx, other.DB, p)
		require.Error(t, err)
		require.EqualValues(t, 1, first.Users)
		p.Progress = nil
		rest, err := product.Generate(t.Context(), other.DB, p)
		require.NoError(t, err)
		require.EqualValues(t, 2, rest.Users)
		again := history(t, other.DB)
		require.NotEmpty(t, again)
		require.Subset(t, history(t, env.DB), again, "who the first users are does not depend on how many there are")

		p.Seed, p.Users = p.Seed+1, 1
		_, err = product.Generate(t.Context(), other.DB, p)
		require.NoError(t, err)
		require.EqualValues(t, 4, counted(t, other.DB).Users, "another seed, other people")
	})
}

func TestParams(t *testing.T) {
	t.Parallel()
	for field, wrong := range map[string]func(p *product.Params){
		"Users":    func(p *product.Params) { p.Users = 0 },
		"Activity": func(p *product.Params) { p.Activity = -1 },
		"From":     func(p *product.Params) { p.From = p.To },
	} {
		p := params()
		wrong(&p)
		_, err := product.Generate(t.Context(), nil, p)
		invalid, ok := errors.AsType[*product.InvalidError](err)
		require.True(t, ok, "%s: %v", field, err)
		require.Equal(t, field, invalid.Field)
	}
}

// counted is a report by what the database holds.
func counted(t *testing.T, db *bun.DB) product.Report {
	t.Helper()
	count := func(query string) (n int64) {
		require.NoError(t, db.NewRaw(query).Scan(t.Context(), &n))
		return n
	}
	return product.Report{
		Users:         count("SELECT COUNT(*) FROM users"),
		Operations:    count("SELECT COUNT(*) FROM credits_trans WHERE op_key IS NOT NULL"),
		Orders:        count("SELECT COUNT(*) FROM orders WHERE paid_at IS NOT NULL"),
		Subscriptions: count("SELECT COUNT(*) FROM subscriptions"),
		Commissions:   count("SELECT COUNT(*) FROM affiliates"),
		Refunds:       count("SELECT COUNT(*) FROM credits_trans WHERE op_kind = 'claw_back'"),
		Generations:   count("SELECT COUNT(*) FROM generations"),
		APIKeys:       count("SELECT COUNT(*) FROM apikeys"),
		Feedbacks:     count("SELECT COUNT(*) FROM feedbacks"),
		Posts:         count("SELECT COUNT(*) FROM posts"),
	}
}

// entry is what the same params make the same of an entry.
type entry struct {
	UserUUID  string
	Seq, AtUs int64
	OpKey     *string
	TransType string
	Credits   int64
}

func history(t *testing.T, db *bun.DB) []entry {
	t.Helper()
	var entries []entry
	require.NoError(t, db.NewRaw("SELECT user_uuid, seq, at_us, op_key, trans_type, credits FROM credits_trans ORDER BY user_uuid, seq").
		Scan(t.Context(), &entries))
	return entries
}
