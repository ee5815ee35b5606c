package chameleon_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// TestReservedKeys lets the library make every key that it makes, sees that
// they are reserved, and that no verb lets a caller take one before it.
func TestReservedKeys(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		referrer := signUp(t, env.DB, users.CreateParams{})
		buyer := signUp(t, env.DB, users.CreateParams{InviteCode: referrer.InviteCode})
		life(t, env.DB, buyer.UUID, "1")
		keys := ledgerKeys(t, env.DB, buyer.UUID, referrer.UUID)
		for _, what := range []string{
			"new_user", "ping:.*", "order:.*:grant", "order:.*:reversal:1", "order:.*:reversal:2", "commission:.*",
			"commission-reduced:.*", "generation:.*:charge", "generation:.*:refund", "generation:.*:hold",
			"generation:.*:release",
		} {
			assert.True(t, slices.ContainsFunc(keys, regexp.MustCompile("^"+what+"$").MatchString),
				"no key like %s in %q", what, keys)
		}
		refusesKeys(ctx, t, env.DB, buyer.UUID, keys)
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			refusesKeys(ctx, t, tx, buyer.UUID, keys)
			return nil
		}))
		for _, user := range []string{buyer.UUID, referrer.UUID} {
			report := ok(audit.Verify(ctx, env.DB, audit.VerifyParams{UserUUID: user}))(t)
			assert.Empty(t, report.Breaches)
		}
	})
}

// TestNamesInKeysDoNotMix gives things names that hold what keys are made of.
func TestNamesInKeysDoNotMix(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		referrer := signUp(t, env.DB, users.CreateParams{})
		buyer := signUp(t, env.DB, users.CreateParams{InviteCode: referrer.InviteCode})
		for _, name := range []string{
			"a", "1:a", "grant:a", "a:grant", "a:reversal:1", "reversal:1:a", "order:a:grant", "a:charge",
			strings.Repeat("n", 200),
		} {
			life(t, env.DB, buyer.UUID, name)
		}
		keys := ledgerKeys(t, env.DB, buyer.UUID, referrer.UUID)
		for _, key := range keys {
			assert.NotEmpty(t, ledgerkey.Reserved(key), key)
		}
	})
}

// life buys, converts, refunds, charges, holds, settles and fails, all under
// the name.
func life(t *testing.T, db bun.IDB, user, name string) {
	t.Helper()
	ctx := t.Context()
	ok(credits.Ping(ctx, db, credits.PingParams{UserUUID: user, At: lastDay}))(t)
	no := buy(t, db, orders.CreateParams{UserUUID: user, OrderNo: name})
	c := pay(t, db, no, lastDay).Commission
	ok(affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID, At: lastDay}))(t)
	ok(affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: c.ID, At: lastDay}))(t)
	var hold bool
	for i, genID := range []string{name, name + ":", name + ":hold", name + ":release"} {
		if hold = i >= 2; len(genID) > 200 {
			continue // longer than a GenID may be
		}
		made := ok(place(ctx, db, hold, user, genID))(t)
		require.False(t, made.Replayed)
		ok(generations.Fail(ctx, db, generations.FailParams{GenID: genID, At: lastDay}))(t)
	}
	for _, total := range []int64{500, 1999} {
		r := ok(orders.Refund(ctx, db, orders.RefundParams{OrderNo: no, Total: total, At: lastDay}))(t)
		require.False(t, r.Replayed)
		require.False(t, r.Operation.Replayed)
	}
}

func place(ctx context.Context, db bun.IDB, hold bool, user, genID string) (*generations.Result, error) {
	if hold {
		return generations.HoldGeneration(ctx, db, generations.HoldParams{
			UserUUID: user, AIType: "image", Provider: "openai", Model: "dall-e-3", Prompt: "p", GenID: genID, At: lastDay,
		})
	}
	return generations.ChargeGeneration(ctx, db, generations.ChargeParams{
		UserUUID: user, AIType: "image", Provider: "openai", Model: "dall-e-3", Prompt: "p", GenID: genID, At: lastDay,
	})
}

// ledgerKeys lists the keys of the accounts' operations.
func ledgerKeys(t *testing.T, db bun.IDB, accounts ...string) []string {
	t.Helper()
	var keys []string
	for _, user := range accounts {
		page := ok(credits.Statement(t.Context(), db, credits.StatementParams{UserUUID: user, Limit: list.MaxLimit}))(t)
		for _, line := range page.Items {
			keys = append(keys, line.Key)
		}
	}
	return keys
}

// refusesKeys sees every verb refuse the keys, and those of things to come.
func refusesKeys(ctx context.Context, t *testing.T, db bun.IDB, user string, keys []string) {
	t.Helper()
	later := []string{
		"chameleon:", "order:2:grant", "order:2:reversal:1", "generation:2:charge", "ping:2026-02-01", "commission-id:7",
	}
	for _, key := range append(later, keys...) {
		ops := opsUnder(user, key)
		for i, op := range ops {
			outcomes := ok(credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{op}}))(t)
			refusesKey(t, outcomes[0].Err, "%T %q in a batch", ops[i], key)
			_, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{op}, AllOrNothing: true})
			refusesKey(t, err, "%T %q in a batch of all or nothing", ops[i], key)
		}
		for name, err := range verbsUnder(ctx, db, user, key) {
			refusesKey(t, err, "%s %q", name, key)
		}
	}
}

func refusesKey(t *testing.T, err error, name string, args ...any) {
	t.Helper()
	var invalid *credits.InvalidError
	require.ErrorAs(t, err, &invalid, append([]any{name}, args...)...)
	assert.Equal(t, "Key", invalid.Field)
}

func opsUnder(user, key string) []credits.Op {
	return []credits.Op{
		credits.GrantParams{UserUUID: user, Amount: 1, Type: "gift", Key: key, At: lastDay},
		credits.AdjustParams{UserUUID: user, Amount: 1, Key: key, At: lastDay},
		credits.AdjustParams{UserUUID: user, Amount: -1, Key: key, At: lastDay},
		credits.ChargeParams{UserUUID: user, Amount: 1, Key: key, At: lastDay},
		credits.RefundParams{UserUUID: user, ChargeKey: "c", Key: key, At: lastDay},
		credits.ClawBackParams{UserUUID: user, GrantKey: credits.NewUserKey, Total: 1, Key: key, At: lastDay},
		credits.VoidParams{UserUUID: user, GrantKey: credits.NewUserKey, Key: key, At: lastDay},
		credits.HoldParams{UserUUID: user, Amount: 1, Key: key, At: lastDay},
		credits.CaptureParams{UserUUID: user, HoldKey: "h", Key: key, At: lastDay},
		credits.ReleaseParams{UserUUID: user, HoldKey: "h", Key: key, At: lastDay},
		credits.ExtendParams{UserUUID: user, HoldKey: "h", Timeout: time.Hour, Key: key, At: lastDay},
	}
}

// verbsUnder calls the verbs that take a key and returns their errors.
func verbsUnder(ctx context.Context, db bun.IDB, user, key string) map[string]error {
	errs := map[string]error{}
	for _, op := range opsUnder(user, key) {
		var err error
		switch p := op.(type) {
		case credits.GrantParams:
			_, err = credits.Grant(ctx, db, p)
			errs["Grant"] = err
		case credits.AdjustParams:
			_, err = credits.Adjust(ctx, db, p)
			errs["Adjust"] = err
		case credits.ChargeParams:
			_, err = credits.Charge(ctx, db, p)
			errs["Charge"] = err
		case credits.RefundParams:
			_, err = credits.Refund(ctx, db, p)
			errs["Refund"] = err
		case credits.ClawBackParams:
			_, err = credits.ClawBack(ctx, db, p)
			errs["ClawBack"] = err
		case credits.VoidParams:
			_, err = credits.Void(ctx, db, p)
			errs["Void"] = err
		case credits.HoldParams:
			_, err = credits.Hold(ctx, db, p)
			errs["Hold"] = err
		case credits.CaptureParams:
			_, err = credits.Capture(ctx, db, p)
			errs["Capture"] = err
		case credits.ReleaseParams:
			_, err = credits.Release(ctx, db, p)
			errs["Release"] = err
		case credits.ExtendParams:
			_, err = credits.Extend(ctx, db, p)
			errs["Extend"] = err
		}
		_, err = affiliates.Reduce(ctx, db, affiliates.ReduceParams{OrderNo: "1", Key: key, At: lastDay})
		errs["affiliates.Reduce"] = err
	}
	return errs
}
